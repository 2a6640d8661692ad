import { Injectable } from '@nestjs/common'
import { Engine } from '../../../event-store/engine.js'
import { isErased } from '../../../event-store/errors.js'
import { type ServerSentEvent, sseReconnect, sseKeepAlive, sseText } from '../../../http/sse.js'
import { chatStream } from '../../chats.js'
import type { MessageDoc } from '../../read-models/messages.js'
import { Deltas } from '../../open-reply/deltas.js'
import { Inbox } from './inbox.js'
import { type ReplyOutcome, outcomeFromReadModel } from '../ending/reply-outcome.js'
import { ReplyOutcomes } from '../ending/reply-outcomes.js'
import { cursorFromEventId, ReplyFollower } from './reply-follower.js'

/** A reply that may still be written; `doc` when it is in the read model already. */
export interface ReadableReply {
  readonly chatId: string
  readonly promptId: string
  readonly replyId: string
  readonly doc?: MessageDoc
}

/** Without either it goes on elsewhere, or later. */
interface Ended {
  outcome?: ReplyOutcome | undefined
  error?: unknown
}

const heartbeatMs = 15_000

/**
 * Server-sent events of a reply, from wherever its reader has got to until its end. Where the process ends before, the
 * stream does so in good order, between two events: its reader comes back to another one with Last-Event-ID.
 */
@Injectable()
export class ReplyStream {
  constructor(
    private readonly engine: Engine,
    private readonly deltas: Deltas,
    private readonly outcomes: ReplyOutcomes,
  ) {}

  async *events(reply: ReadableReply, lastEventId: string | undefined): AsyncGenerator<string> {
    const { promptId, replyId, doc } = reply
    const along = new ReplyFollower(reply, cursorFromEventId(replyId, lastEventId))
    yield sseText({ event: 'start', data: { promptId, replyId } })
    const stored = doc && (await outcomeFromReadModel(this.engine, doc))
    if (stored) yield texts(along.outcome(stored))
    else yield* this.live(reply, along)
  }

  private async *live({ chatId, replyId }: ReadableReply, along: ReplyFollower): AsyncGenerator<string> {
    const gone = new AbortController()
    const inbox = new Inbox<Buffer>()
    const silence = await this.deltas.listen(replyId, (sealed) => inbox.put(sealed))
    let ended: Ended | undefined
    const end = (how: Ended) => {
      ended = how
      inbox.wake()
    }
    this.outcomes.wait(chatId, replyId, gone.signal).then(
      (outcome) => end({ outcome }),
      (error: unknown) => end({ error }),
    )
    try {
      yield texts(await this.catchUp(chatId, replyId, along))
      while (!ended) {
        const arrived = await inbox.take(heartbeatMs)
        if (arrived.length === 0 && !ended) await this.engine.vault.keyOf(chatStream(chatId)) // is it still there?
        const told = texts(await this.tell(arrived, chatId, replyId, along))
        if (told || !ended) yield told || sseKeepAlive
      }
      if (isErased(ended.error)) throw ended.error // after the end was in the log, and before it was read here
      yield ended.outcome ? texts(along.outcome(ended.outcome)) : sseReconnect()
    } catch (error) {
      if (!isErased(error)) throw error
      yield sseText({ event: 'failed', data: { code: 'erased', detail: 'the chat was erased' } })
    } finally {
      gone.abort()
      silence()
    }
  }

  private async tell(
    arrived: Buffer[],
    chatId: string,
    replyId: string,
    along: ReplyFollower,
  ): Promise<ServerSentEvent[]> {
    const told: ServerSentEvent[] = []
    for (const sealed of arrived) {
      const next = along.delta(await this.deltas.open(chatId, sealed))
      told.push(...(next ?? (await this.catchUp(chatId, replyId, along))))
    }
    return told
  }

  /** Everything that is kept of the latest attempt. What is missing there too comes with the reply's end. */
  private async catchUp(chatId: string, replyId: string, along: ReplyFollower): Promise<ServerSentEvent[]> {
    const kept = await this.deltas.kept(chatId, replyId)
    return kept ? along.kept(kept) : []
  }
}

const texts = (events: readonly ServerSentEvent[]) => events.map((event) => sseText(event)).join('')
