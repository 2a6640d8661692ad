import { sseKeepAlive, sseReconnect, type ServerSentEvent, sseText } from '../../../http/sse.js'
import type { AttemptText, Delta } from '../../open-reply/reply-cursor.js'
import type { ReplyOutcome } from '../ending/reply-outcome.js'
import type { ReplyFollower } from './reply-follower.js'

/** What one reader of a reply is sent, as an API family words it. It knows how far its reader has come. */
export interface ReplyRendering {
  begin(): string
  /** Undefined when something before the delta is missing: then look for it where the deltas are kept. */
  delta(delta: Delta): string | undefined
  /** All that is kept of the latest attempt. */
  text(text: AttemptText): string
  outcome(outcome: ReplyOutcome): string
  failed(code: string, detail: string): string
  /** This process stops, and the reply goes on. */
  goesOnElsewhere(): string
  readonly keepAlive: string
  /** Nothing more may be sent, though the reply has not ended. */
  readonly isOver: boolean
}

/** Our own events, which are resumed with Last-Event-ID. */
export class EventRendering implements ReplyRendering {
  readonly keepAlive = sseKeepAlive
  readonly isOver = false

  constructor(
    private readonly reply: { promptId: string; replyId: string },
    private readonly follower: ReplyFollower,
  ) {}

  begin(): string {
    const { promptId, replyId } = this.reply
    return sseText({ event: 'start', data: { promptId, replyId } })
  }

  delta(delta: Delta): string | undefined {
    const events = this.follower.delta(delta)
    return events && textOf(events)
  }

  text(text: AttemptText): string {
    return textOf(this.follower.text(text))
  }

  outcome(outcome: ReplyOutcome): string {
    return textOf(this.follower.outcome(outcome))
  }

  failed(code: string, detail: string): string {
    return sseText({ event: 'failed', data: { code, detail } })
  }

  goesOnElsewhere(): string {
    return sseReconnect()
  }
}

const textOf = (events: readonly ServerSentEvent[]) => events.map((event) => sseText(event)).join('')
