import { randomUUID } from 'node:crypto'
import { isErased, Refused } from '../../event-store/errors.js'
import type { EventStore } from '../../event-store/log/event-store.js'
import { isRetryable } from '../../event-store/database-errors.js'
import { backoff, pause } from '../../event-store/timing.js'
import { problemOf } from '../../http/problem.filter.js'
import { noSuchChat } from '../../chat/chat.js'
import { chatStream } from '../../chat/chats.js'
import { type Emission, ReaderProgress } from '../reader-progress.js'
import { missedEvents } from '../missed-events.js'
import type { ChatUpdateCache } from '../chat-update-cache.js'
import type { RoomReader, Room } from '../room.js'
import { chatErased, type Rooms } from '../rooms.js'
import type { JoinedChat, SocketSession } from '../socket-session.js'
import { type RecordedChatEvent, withoutText } from '../chat-updates.js'

/** Where it has everything from. */
export interface ReaderSources {
  readonly store: EventStore
  readonly updates: ChatUpdateCache
  readonly rooms: Rooms
}

/** One socket in one chat: sends it what comes, as fast as its client takes it. `Following` says what that is. */
export class ChatReader implements RoomReader, JoinedChat {
  private readonly progress: ReaderProgress
  private readonly joinedAt: number
  hasLeft = false
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

  start(openReply: string | undefined): void {
    if (openReply !== undefined) this.progress.followReply(openReply)
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

  end(why: unknown): void {
    if (this.hasLeft) return
    this.leave()
    const { code, detail } = problemOf(isChatErased(why) ? chatErased() : why, randomUUID())
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
    else if ('delta' in next) this.emit([next.delta])
    else await this.sendEvent(next.event)
  }

  /** From the log, but never beyond what this process has heard of: an end of the chat or of a login comes first. */
  private async readLog(): Promise<void> {
    const { position } = this.room
    for await (const event of missedEvents(this.sources.store, chatStream(this.room.chatId), this.position, this)) {
      await this.session.untilWritable()
      if (this.hasLeft) return
      if (event.position > this.room.position) break
      await this.sendEvent(event)
    }
    this.progress.skipTo(position)
    this.room.prune()
  }

  private async sendEvent(event: RecordedChatEvent): Promise<void> {
    if (event.data.ownerId !== this.session.caller.id) return this.end(noSuchChat())
    const told = await this.sources.updates.of(event)
    if (this.hasLeft) return
    const { id = '' } = told.message ?? told.editedMessage ?? {}
    this.emit(this.progress.emissionsOf(event.position, this.room.deleted.has(id) ? withoutText(told) : told))
    if (told.newReplyId !== undefined && event.position > this.joinedAt) this.progress.followReply(told.newReplyId)
    this.room.prune()
  }

  private emit(emissions: readonly Emission[]): void {
    for (const [event, data] of emissions) this.session.emit(event, { chatId: this.name, ...data })
  }
}

const isChatErased = (error: unknown) => isErased(error) || (error instanceof Refused && error.code === 'erased')
