import { CommandBus } from '@nestjs/cqrs'
import { type CliCommand, operatorCause, PartialFailure, UsageError } from '../../cli/command.js'
import { ProgressBar } from '../../cli/progress-bar.js'
import { Engine } from '../../event-store/engine.js'
import { RunRetention } from '../retention/run-retention.js'

export const retentionRun: CliCommand = {
  name: 'retention run',
  about:
    'Erase what was kept for long enough: deleted chats and projects, guests, unfinished uploads, restored keys and logins',
  details: `The service does this once an hour. The command may run at the same time, and more than once.
With --at it decides as if it were that time: a time in the future erases more than is due now.
It reads the read models: without a projector it misses what happened since the last one ran; the next run erases that.`,
  options: { at: 'ISO time' },
  async run(app, { options }, terminal) {
    const bars = new Map<string, ProgressBar>()
    const onProgress = (task: string, done: number, total: number) => {
      const bar = bars.get(task) ?? new ProgressBar(task, process.stderr)
      bars.set(task, bar)
      bar.update(done, total)
      if (done === total) bar.end()
    }
    const { reports } = await app.get(CommandBus).execute(
      new RunRetention(operatorCause(), timeOf(options.at) ?? app.get(Engine).clock.now(), {
        signal: terminal.signal,
        onProgress,
      }),
    )
    for (const { task, done, left = 0, why } of reports) {
      terminal.say(
        `${task}: ${done} erased${left > 0 ? `, ${left} left to the next run` : ''}${why === undefined ? '' : ` (${why})`}`,
      )
    }
    if (terminal.signal.aborted) throw new PartialFailure('stopped; the rest is left to the next run')
    if (reports.some(({ why }) => why !== undefined))
      throw new PartialFailure('not everything could be erased; the next run tries again')
  },
}

function timeOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const time = new Date(text)
  const isIso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(text)
  if (!isIso || Number.isNaN(time.getTime()))
    throw new UsageError(`--at: ${text} is not an ISO time such as 2027-01-31T12:00:00Z`)
  return time
}
