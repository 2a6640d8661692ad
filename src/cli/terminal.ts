import { ProgressBar } from './progress-bar.js'

/** What a command tells the operator: results go to standard output, so that they can be piped; all else beside it. */
export class Terminal {
  constructor(
    /** The operator wants it to end; what is half done is finished. */
    readonly signal: AbortSignal,
  ) {}

  say(line: string): void {
    console.log(line)
  }

  /** Columns as wide as they need to be. */
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

  /** Shows the progress of some work while it goes on. */
  async withProgress<T>(name: string, work: (update: (done: number, total: number) => void) => Promise<T>): Promise<T> {
    const bar = new ProgressBar(name, process.stderr)
    try {
      return await work((done, total) => bar.update(done, total))
    } finally {
      bar.end()
    }
  }
}
