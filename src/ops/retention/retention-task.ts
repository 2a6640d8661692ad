/** How far long work has come, and how much there is of it as far as one knows. */
export type Progress = (done: number, total: number) => void

export interface TaskOutcome {
  /** What has really been ended this time. */
  readonly done: number
  /** What could not be ended; the next run tries it again. */
  readonly left?: number
  /** What kept the first of them. */
  readonly why?: string
}

/** Ends what has been kept for long enough. Each may run twice, and in two processes at once, without harm. */
export interface RetentionTask {
  readonly name: string
  /** Stops between two things when the signal says so. */
  run(now: Date, signal: AbortSignal, progress: Progress): Promise<TaskOutcome>
}
