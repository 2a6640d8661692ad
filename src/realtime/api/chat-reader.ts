import { randomUUID } from 'node:crypto'
import { isRetryable } from '../../event-store/database-errors.js'
import { isErased, Refused } from '../../event-store/errors.js'
import type { EventStore } from '../../event-store/log/event-store.js'
import { backoff, pause } from '../../event-store/timing.js'
import { problemOf } from '../../http/problem.filter.js'
import { noSuchChat, type RecordedChatEvent } from '../../chat/chat.js'
import { chatStream } from '../../chat/chats.js'
import type { ChatUpdateCache } from '../chat-update-cache.js'
import { withoutText } from '../chat-updates.js'
import { missedEvents } from '../missed-events.js'
import { type Emission, ReaderProgress } from '../reader-progress.js'
import type { Room, RoomReader } from '../room.js'
import { chatErased, type Rooms } from '../rooms.js'
import type { JoinedChat, SocketSession } from '../socket-session.js'
import { emissionPayload } from './payloads.js'

export interface ReaderSources {
  readonly store: EventStore
  readonly updates: ChatUpdateCache
  readonly rooms: Rooms
}

/** One socket in one chat. It sends what `ReaderProgress` says comes next, as fast as the client takes it. */
export class ChatReader implements RoomReader, JoinedChat {
  hasLeft = false
  private readonly progress: ReaderProgress
  private readonly joinedAt: number
  /** Ends the present wait for something to send. */
  private wakeUp: () => void = () => {}

  constructor(
    private readonly session: SocketSession,
    private readonly room: Room,
    readonly name: string,
    after: number | undefined,
    private readonly sources: ReaderSources,
  ) {
    this.joinedAt = room.position
    this.progress = new ReaderProgress(after ?? room.position)
  }

  get position(): number {
    return this.progress.position
  }

  hideMessage(messageId: string): void {
    this.room.deleted.add(messageId)
  }

  start(openReplyId: string | undefined): void {
    if (openReplyId !== undefined) this.progress.followReply(openReplyId)
    void this.run()
  }

  wake(): void {
    this.wakeUp()
  }

  leave(): void {
    this.hasLeft = true
    this.session.joinedChats.delete(this.room.chatId)
    this.sources.rooms.leave(this.room, this)
    this.wakeUp()
  }

  end(reason: unknown): void {
    if (this.hasLeft) return
    this.leave()
    const { code, detail } = problemOf(isChatErased(reason) ? chatErased() : reason, randomUUID())
    this.session.emit('chat-gone', { chatId: this.name, code, detail })
  }

  private async run(): Promise<void> {
    for (let failures = 0; !this.hasLeft;) {
      try {
        await this.step()
        failures = 0
      } catch (error) {
        if (isRetryable(error)) await pause(backoff(++failures))
        else this.end(error)
      }
    }
  }

  private async step(): Promise<void> {
    await this.session.untilWritable()
    if (this.hasLeft) return
    const next = this.progress.next(this.room)
    if (next === 'behind') await this.readLog()
    else if (!next) await new Promise<void>((resolve) => (this.wakeUp = resolve))
    else if ('delta' in next) this.emit(next.delta)
    else await this.send(next.event)
  }

  /** Never reads beyond the room's position: the end of a chat, or of a login, must reach this process first. */
  private async readLog(): Promise<void> {
    const { position } = this.room
    for await (const event of missedEvents(this.sources.store, chatStream(this.room.chatId), this.position, this)) {
      await this.session.untilWritable()
      if (this.hasLeft) return
      if (event.position > this.room.position) break
      await this.send(event)
    }
    this.progress.skipTo(position)
    this.room.prune()
  }

  private async send(event: RecordedChatEvent): Promise<void> {
    if (event.data.ownerId !== this.session.caller.id) return this.end(noSuchChat())
    const update = await this.sources.updates.of(event)
    if (this.hasLeft) return
    const { id = '' } = update.message ?? update.editedMessage ?? {}
    const shown = this.room.deleted.has(id) ? withoutText(update) : update
    for (const emission of this.progress.advance(event.position, shown)) this.emit(emission)
    const { newReplyId } = update
    if (newReplyId !== undefined && event.position > this.joinedAt) this.progress.followReply(newReplyId)
    this.room.prune()
  }

  private emit(emission: Emission): void {
    this.session.emit(emission[0], { chatId: this.name, ...emissionPayload(emission) })
  }
}

const isChatErased = (error: unknown) => isErased(error) || (error instanceof Refused && error.code === 'erased')
