/** How much of some long work is done, and how much there is in all, as far as is known. */
export type Progress = (done: number, total: number) => void

export interface TaskOutcome {
  /** How many this run has erased. */
  readonly done: number
  /** How many it could not erase; the next run tries again. */
  readonly left?: number
  /** Why the first of those could not be erased. */
  readonly why?: string
}

/** Erases what was kept for long enough. It MAY run twice, and in two processes at once. */
export interface RetentionTask {
  readonly name: string
  /** MUST stop between two items when the signal aborts. */
  run(now: Date, signal: AbortSignal, progress: Progress): Promise<TaskOutcome>
}

export interface TaskReport extends TaskOutcome {
  readonly task: string
}

export class Retention {
  constructor(private readonly tasks: readonly RetentionTask[]) {}

  /** Runs one task after the other. If one fails, the others run all the same. */
  async run(
    now: Date,
    signal: AbortSignal,
    progress: (task: string, done: number, total: number) => void = () => {},
  ): Promise<TaskReport[]> {
    const reports: TaskReport[] = []
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
