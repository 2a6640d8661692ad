import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import { Engine } from '../../../event-store/engine.js'
import { Drain } from '../../../commands/drain.js'
import { Chats, chatStream } from '../../chats.js'
import { isReplyEnding, type RecordedReplyEnding } from '../../chat.js'
import { type ReplyOutcome, outcomeFromEvent } from './reply-outcome.js'

type EndListener = (event?: RecordedReplyEnding) => void

/**
 * Tells how replies end to whoever waits for one: from this process's own reading of the log, so that an answer which
 * is in the log arrives, whatever happens to Redis, the queue or the worker.
 */
@Injectable()
export class ReplyOutcomes implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly waiting = new Map<string, Set<EndListener>>()
  private readonly stopping = new AbortController()
  private following = Promise.resolve()

  constructor(
    private readonly engine: Engine,
    private readonly chats: Chats,
    private readonly drain: Drain,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'roles'>,
  ) {}

  /** Nothing is answered before it is settled where the reading begins. The command line, without a role, answers nobody. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.config.roles.length === 0) return
    this.following = this.follow(await this.engine.store.head())
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort()
    await this.following
  }

  /** Undefined when the signal comes first, for time is up or the caller has gone; or when this process is about to end. */
  async wait(chatId: string, replyId: string, signal: AbortSignal): Promise<ReplyOutcome | undefined> {
    const settled = new AbortController()
    const heard = this.next(replyId, settled.signal)
    const giveUp = () => settled.abort()
    for (const ending of [signal, this.drain.closed]) ending.addEventListener('abort', giveUp)
    if (signal.aborted || this.drain.closed.aborted) giveUp()
    try {
      // Heard from now on; what was before is in the log already.
      const event = (await this.ended(chatId, replyId)) ?? (await heard)
      return event && (await outcomeFromEvent(this.engine, event))
    } finally {
      settled.abort()
      for (const ending of [signal, this.drain.closed]) ending.removeEventListener('abort', giveUp)
    }
  }

  /** The event that ended the reply, if it has ended. */
  private async ended(chatId: string, replyId: string): Promise<RecordedReplyEnding | undefined> {
    const { open } = await this.chats.state(chatId)
    if (open?.replyId === replyId) return undefined
    for await (const event of this.engine.store.readStream(chatStream(chatId), { backwards: true })) {
      if (isReplyEnding(event) && event.data.replyId === replyId) return event
    }
    return undefined
  }

  /** The reply's end when it is read from the log; undefined when the signal comes first. */
  private next(replyId: string, signal: AbortSignal): Promise<RecordedReplyEnding | undefined> {
    return new Promise((resolve) => {
      const hearing = this.waiting.get(replyId) ?? new Set()
      const done = (event?: RecordedReplyEnding) => {
        hearing.delete(done)
        if (hearing.size === 0 && this.waiting.get(replyId) === hearing) this.waiting.delete(replyId)
        resolve(event)
      }
      this.waiting.set(replyId, hearing.add(done))
      signal.addEventListener('abort', () => done(), { once: true })
    })
  }

  private async follow(after: number): Promise<void> {
    const { signal } = this.stopping
    for await (const events of this.engine.follow(after, signal)) {
      for (const event of events) {
        if (!isReplyEnding(event)) continue
        for (const hear of this.waiting.get(event.data.replyId) ?? []) hear(event)
      }
    }
  }
}
