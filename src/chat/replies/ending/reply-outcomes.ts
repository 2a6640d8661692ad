import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import { BackgroundLoop } from '../../../event-store/background-loop.js'
import { Engine } from '../../../event-store/engine.js'
import { deliverEach } from '../../../event-store/log/log-reader.js'
import { Drain } from '../../../commands/drain.js'
import { Chats, chatStream } from '../../chats.js'
import { isReplyEnding, type RecordedReplyEnding } from '../../chat.js'
import { ReplyHolds } from '../../open-reply/reply-holds.js'
import { outcomeFromEvent, type ReplyOutcome } from './reply-outcome.js'

const maxRecent = 500

type EndingListener = (event?: RecordedReplyEnding) => void

/**
 * Waits for the ends of replies. It reads the log in this process, so that an answer which is in the log arrives,
 * whatever happens to Redis, the queue or the worker.
 */
@Injectable()
export class ReplyOutcomes implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Replies')
  /** By reply. */
  private readonly listeners = new Map<string, Set<EndingListener>>()
  private readonly loop = new BackgroundLoop((signal) => this.follow(signal))
  /** The newest ends, oldest first: of replies that nobody waited for yet. */
  private readonly recent = new Map<string, RecordedReplyEnding>()
  private position = 0

  constructor(
    private readonly engine: Engine,
    private readonly chats: Chats,
    private readonly holds: ReplyHolds,
    private readonly drain: Drain,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'roles'>,
  ) {}

  /** No request is served before it is known where the reading begins. The command line has no role and needs none. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.config.roles.length === 0) return
    this.position = await this.engine.store.head()
    this.loop.start()
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop()
  }

  /** Undefined when the signal aborts first, or when this process is about to stop. */
  async wait(chatId: string, replyId: string, signal: AbortSignal): Promise<ReplyOutcome | undefined> {
    const { next, stop } = this.nextEnding(replyId)
    const signals = [signal, this.drain.closed]
    for (const one of signals) one.addEventListener('abort', stop)
    if (signals.some(({ aborted }) => aborted)) stop()
    try {
      // The listener is there already: an end that it does not get is in the log.
      const event = this.recent.get(replyId) ?? (await this.endingInLog(chatId, replyId)) ?? (await next)
      return event && (await outcomeFromEvent(this.engine, event))
    } finally {
      stop()
      for (const one of signals) one.removeEventListener('abort', stop)
    }
  }

  /** Undefined while the reply is open. */
  private async endingInLog(chatId: string, replyId: string): Promise<RecordedReplyEnding | undefined> {
    if (this.holds.isHere(replyId)) return undefined
    const { open } = await this.chats.state(chatId)
    if (open?.replyId === replyId) return undefined
    return await this.latestEnding(chatId, replyId)
  }

  /** The event in the log that ended the reply, or the chat's latest one; undefined when there is none. */
  async latestEnding(chatId: string, replyId?: string): Promise<RecordedReplyEnding | undefined> {
    for await (const event of this.engine.store.readStream(chatStream(chatId), { backwards: true })) {
      if (isReplyEnding(event) && (replyId === undefined || event.data.replyId === replyId)) return event
    }
    return undefined
  }

  /** The event that ends the reply, when it is read from the log; undefined when it is stopped first. */
  private nextEnding(replyId: string): { next: Promise<RecordedReplyEnding | undefined>; stop: () => void } {
    const listeners = this.listeners.get(replyId) ?? new Set()
    let settle!: EndingListener
    const next = new Promise<RecordedReplyEnding | undefined>((resolve) => {
      settle = (event) => {
        listeners.delete(settle)
        if (listeners.size === 0 && this.listeners.get(replyId) === listeners) this.listeners.delete(replyId)
        resolve(event)
      }
    })
    this.listeners.set(replyId, listeners.add(settle))
    return { next, stop: () => settle() }
  }

  private remember(event: RecordedReplyEnding): void {
    this.recent.set(event.data.replyId, event)
    if (this.recent.size > maxRecent) this.recent.delete(this.recent.keys().next().value!)
  }

  private async follow(signal: AbortSignal): Promise<void> {
    for await (const events of this.engine.follow(this.position, signal)) {
      deliverEach(
        events.filter(isReplyEnding),
        (event) => this.deliver(event),
        (text) => this.log.error(text),
      )
      this.position = events.at(-1)!.position
    }
  }

  private deliver(event: RecordedReplyEnding): void {
    this.remember(event)
    for (const listener of this.listeners.get(event.data.replyId) ?? []) listener(event)
  }
}
