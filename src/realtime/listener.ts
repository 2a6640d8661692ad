import { randomUUID } from 'node:crypto'
import { isErased, Refused } from '../event-store/errors.js'
import type { EventStore } from '../event-store/log/event-store.js'
import { isRetryable } from '../event-store/database-errors.js'
import { backoff, pause } from '../event-store/timing.js'
import { problemOf } from '../http/problem.filter.js'
import { noSuchChat } from '../chat/chat.js'
import { chatStream } from '../chat/chats.js'
import { type Emission, RoomPosition } from './room-position.js'
import { missedEvents } from './missed-events.js'
import type { OpenedUpdates } from './opened-updates.js'
import type { RoomReader, Room } from './room.js'
import { erased, type Rooms } from './rooms.js'
import type { Joined, Session } from './session.js'
import { type ChatRecord, withoutText } from './chat-updates.js'

/** Where it has everything from. */
export interface Sources {
  readonly store: EventStore
  readonly opened: OpenedUpdates
  readonly rooms: Rooms
}

/** One socket in one chat: sends it what comes, as fast as its client takes it. `Following` says what that is. */
export class Listener implements RoomReader, Joined {
  private readonly following: RoomPosition
  private readonly joinedAt: number
  hasLeft = false
  private awaken: () => void = () => {}

  constructor(
    private readonly session: Session,
    private readonly room: Room,
    readonly name: string,
    after: number | undefined,
    private readonly sources: Sources,
  ) {
    this.joinedAt = room.position
    this.following = new RoomPosition(after ?? room.position)
  }

  get at(): number {
    return this.following.at
  }

  hide(messageId: string): void {
    this.room.deleted.add(messageId)
  }

  start(openReply: string | undefined): void {
    if (openReply !== undefined) this.following.expect(openReply)
    void this.run()
  }

  wake(): void {
    this.awaken()
  }

  leave(): void {
    this.hasLeft = true
    this.session.joined.delete(this.room.chatId)
    this.sources.rooms.leave(this.room, this)
    this.awaken()
  }

  end(why: unknown): void {
    if (this.hasLeft) return
    this.leave()
    const { code, detail } = problemOf(hasGone(why) ? erased() : why, randomUUID())
    this.session.tell('chat-gone', { chatId: this.name, code, detail })
  }

  private async run(): Promise<void> {
    for (let failures = 0; !this.hasLeft;) {
      try {
        await this.goOn()
        failures = 0
      } catch (error) {
        if (isRetryable(error)) await pause(backoff(++failures))
        else this.end(error)
      }
    }
  }

  private async goOn(): Promise<void> {
    await this.session.clear()
    if (this.hasLeft) return
    const next = this.following.next(this.room)
    if (next === 'behind') await this.catchUp()
    else if (!next) await new Promise<void>((resolve) => (this.awaken = resolve))
    else if ('delta' in next) this.say([next.delta])
    else await this.tell(next.event)
  }

  /** From the log, but never beyond what this process has heard of: an end of the chat or of a login comes first. */
  private async catchUp(): Promise<void> {
    const { position } = this.room
    for await (const event of missedEvents(this.sources.store, chatStream(this.room.chatId), this.at, this)) {
      await this.session.clear()
      if (this.hasLeft) return
      if (event.position > this.room.position) break
      await this.tell(event)
    }
    this.following.reached(position)
    this.room.prune()
  }

  private async tell(event: ChatRecord): Promise<void> {
    if (event.data.ownerId !== this.session.caller.id) return this.end(noSuchChat())
    const told = await this.sources.opened.of(event)
    if (this.hasLeft) return
    const { id = '' } = told.message ?? told.edited ?? {}
    this.say(this.following.tell(event.position, this.room.deleted.has(id) ? withoutText(told) : told))
    if (told.begun !== undefined && event.position > this.joinedAt) this.following.expect(told.begun)
    this.room.prune()
  }

  private say(emissions: readonly Emission[]): void {
    for (const [event, data] of emissions) this.session.tell(event, { chatId: this.name, ...data })
  }
}

const hasGone = (error: unknown) => isErased(error) || (error instanceof Refused && error.code === 'erased')
