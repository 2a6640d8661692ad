import type { TaskOutcome, RetentionTask } from './retention-task.js'

export interface Report extends TaskOutcome {
  readonly task: string
}

/** Everything that ends because its time has come. */
export class Retention {
  constructor(private readonly tasks: readonly RetentionTask[]) {}

  /** One task after the other; one that fails keeps no other from running. */
  async run(
    now: Date,
    signal: AbortSignal,
    progress: (task: string, done: number, total: number) => void = () => {},
  ): Promise<Report[]> {
    const reports: Report[] = []
    for (const task of this.tasks) {
      if (signal.aborted) break
      const { name } = task
      try {
        reports.push({ task: name, ...(await task.run(now, signal, (done, total) => progress(name, done, total))) })
      } catch (error) {
        reports.push({ task: name, done: 0, why: String(error) })
      }
    }
    return reports
  }
}
