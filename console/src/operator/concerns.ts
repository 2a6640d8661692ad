import { count, plural, seconds } from '../ui/format.js'

/** Something that is not well, and what to do about it. */
export interface Concern {
  readonly what: string
  readonly advice: string
  readonly isGrave: boolean
}

interface ReadModel {
  readonly name: string
  readonly state: string
  readonly lag: { readonly events: number; readonly seconds: number }
  readonly error?: { readonly position: number; readonly message: string }
  readonly rebuild?: { readonly state: string; readonly position: number }
}

interface Seen {
  readonly models: readonly ReadModel[]
  /** Seconds since the oldest prompt without an answer was sent. */
  readonly oldestReply: number
  /** What /health/ready says, if it does not say that all is well. */
  readonly notReady?: string | undefined
}

/** Longer than any pause that a restart, a deployment or a large batch explains. */
const longLagSeconds = 10
const longReplySeconds = 120

/** Why it is not well, the worst first; empty when everything is well. */
export function concernsOf({ models, oldestReply, notReady }: Seen): Concern[] {
  const concerns = models.flatMap((model) => concernOf(model) ?? [])
  if (notReady) concerns.push({ what: notReady, advice: 'See the log of this process.', isGrave: true })
  if (oldestReply > longReplySeconds)
    concerns.push({
      what: `A prompt has been waiting for its answer for ${seconds(oldestReply)}.`,
      advice: 'If models answer, put missing jobs back into the queue.',
      isGrave: false,
    })
  return concerns.sort((one, other) => Number(other.isGrave) - Number(one.isGrave))
}

function concernOf({ name, state, lag, error, rebuild }: ReadModel): Concern | undefined {
  const concern = (what: string, advice: string, isGrave = false) => ({ what: `${name} ${what}`, advice, isGrave })
  if (state === 'failed')
    return concern(
      `has stopped at event ${count(error?.position ?? 0)}: ${error?.message ?? 'no reason is known'}.`,
      'Mend the cause and retry the event, or skip it.',
      true,
    )
  if (rebuild && rebuild.state !== 'running')
    return concern(
      `could not be rebuilt: it ${rebuild.state === 'failed' ? 'failed' : 'was abandoned'} at event ${count(rebuild.position)}.`,
      'Rebuild it again.',
    )
  if (state === 'paused')
    return concern(`is paused, ${plural(lag.events, 'event')} behind.`, 'Resume it when you are done.')
  if (state === 'not_begun' && !rebuild)
    return concern('has not begun.', 'Is a process with the role projector running?')
  if (lag.seconds > longLagSeconds)
    return concern(
      `is ${plural(lag.events, 'event')} and ${seconds(lag.seconds)} behind.`,
      'It goes on by itself; see its pace.',
    )
  return undefined
}
