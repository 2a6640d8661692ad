import { ProgressBar } from './progress-bar.js'

/** The output of a command. Results go to standard output, so that they can be piped; progress to standard error. */
export class Terminal {
  constructor(
    /** Aborts when the operator stops the command. The command then finishes the step it is in. */
    readonly signal: AbortSignal,
  ) {}

  say(line: string): void {
    console.log(line)
  }

  /** Prints rows in columns as wide as their widest cell. */
  table(rows: readonly (readonly string[])[]): void {
    const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
    for (const row of rows)
      this.say(
        row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join('  ')
          .trimEnd(),
      )
  }

  /** Shows a progress bar while the work runs. */
  async withProgress<T>(name: string, work: (update: (done: number, total: number) => void) => Promise<T>): Promise<T> {
    const bar = new ProgressBar(name, process.stderr)
    try {
      return await work((done, total) => bar.update(done, total))
    } finally {
      bar.end()
    }
  }
}
