import { Injectable } from '@nestjs/common'
import { Engine } from '../../../event-store/engine.js'
import { isErased } from '../../../event-store/errors.js'
import { chatStream } from '../../chats.js'
import { Deltas } from '../../open-reply/deltas.js'
import type { MessageDoc } from '../../read-models/messages.js'
import { outcomeFromReadModel, type ReplyOutcome } from '../ending/reply-outcome.js'
import { ReplyOutcomes } from '../ending/reply-outcomes.js'
import { ArrivalQueue } from './arrival-queue.js'
import { cursorFromEventId, ReplyFollower } from './reply-follower.js'
import { EventRendering, type ReplyRendering } from './reply-rendering.js'

/** A reply that may still be open; with `doc` when it is in the read model. */
export interface StreamableReply {
  readonly chatId: string
  readonly promptId: string
  readonly replyId: string
  readonly doc?: MessageDoc
}

/** How the wait for the reply's end ended. With neither field, this process stops and the reply goes on. */
interface StreamEnd {
  outcome?: ReplyOutcome | undefined
  error?: unknown
}

const keepAliveMs = 15_000

/**
 * The server-sent events of a reply, from where its reader has come to until its end. When this process stops before
 * that, the stream ends between two events, and the reader reconnects to another process with Last-Event-ID.
 */
@Injectable()
export class ReplyStream {
  constructor(
    private readonly engine: Engine,
    private readonly deltas: Deltas,
    private readonly outcomes: ReplyOutcomes,
  ) {}

  /** As our own events, which are resumed with Last-Event-ID. */
  events(reply: StreamableReply, lastEventId: string | undefined): AsyncGenerator<string> {
    const follower = new ReplyFollower(reply, cursorFromEventId(reply.replyId, lastEventId))
    return this.read(reply, new EventRendering(reply, follower))
  }

  /** As an API family words them. */
  async *read(reply: StreamableReply, rendering: ReplyRendering): AsyncGenerator<string> {
    const { doc } = reply
    yield rendering.begin()
    const outcome = doc && (await outcomeFromReadModel(this.engine, doc))
    if (outcome) yield rendering.outcome(outcome)
    else yield* this.readLive(reply, rendering)
  }

  private async *readLive(reply: StreamableReply, rendering: ReplyRendering): AsyncGenerator<string> {
    const { chatId, replyId } = reply
    const closed = new AbortController()
    const arrivals = new ArrivalQueue<Buffer | undefined>()
    const unsubscribe = await this.deltas.listen(replyId, (sealed) => arrivals.add(sealed))
    let end: StreamEnd | undefined
    const setEnd = (result: StreamEnd) => {
      end = result
      arrivals.wake()
    }
    this.outcomes.wait(chatId, replyId, closed.signal).then(
      (outcome) => setEnd({ outcome }),
      (error: unknown) => setEnd({ error }),
    )
    try {
      yield await this.catchUp(reply, rendering)
      while (!end) {
        if (rendering.isOver) return
        const sealed = await arrivals.take(keepAliveMs)
        if (sealed.length === 0 && !end) await this.engine.vault.keyOf(chatStream(chatId)) // throws once it is erased
        const text = await this.followDeltas(sealed, reply, rendering)
        if (text || !end) yield text || rendering.keepAlive
      }
      if (rendering.isOver) return
      if (isErased(end.error)) throw end.error // erased after the end was appended and before it was opened here
      // First the reply can be read at every process, then its reader is told that it is done.
      if (end.outcome) await this.engine.projections.waitUntilVisible(end.outcome.position)
      yield end.outcome ? rendering.outcome(end.outcome) : rendering.goesOnElsewhere()
    } catch (error) {
      if (!isErased(error)) throw error
      yield rendering.failed('erased', 'the chat was erased')
    } finally {
      closed.abort()
      unsubscribe()
    }
  }

  private async followDeltas(
    sealed: readonly (Buffer | undefined)[],
    reply: StreamableReply,
    rendering: ReplyRendering,
  ): Promise<string> {
    let text = ''
    for (const [i, one] of sealed.entries()) {
      if (rendering.isOver) break
      if (one === undefined && sealed[i + 1] === undefined && i + 1 < sealed.length) continue // the next one has it
      const next = one && rendering.delta(await this.deltas.open(reply.chatId, one))
      text += next ?? (await this.catchUp(reply, rendering))
    }
    return text
  }

  /** Sends all that Redis has kept of the latest attempt. What is missing there comes with the reply's end. */
  private async catchUp({ chatId, replyId }: StreamableReply, rendering: ReplyRendering): Promise<string> {
    const latest = await this.deltas.latestText(chatId, replyId)
    return latest ? rendering.text(latest) : ''
  }
}
