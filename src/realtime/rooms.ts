import { Injectable } from '@nestjs/common'
import { Refused } from '../event-store/errors.js'
import type { RecordedEvent } from '../event-store/event.js'
import type { RecordedChatEvent } from '../chat/chat.js'
import { chatStream } from '../chat/chats.js'
import { Deltas } from '../chat/open-reply/deltas.js'
import { ChatUpdateCache } from './chat-update-cache.js'
import { DeltaListener } from './delta-listener.js'
import { Room, type RoomReader } from './room.js'

/** The chats that sockets of this process have joined. */
@Injectable()
export class Rooms {
  /** The log has been read up to here. `LogFeed` moves it after it has delivered the events. */
  position = 0
  /** By the chat's stream. */
  private readonly rooms = new Map<string, Room>()

  constructor(
    private readonly deltas: Deltas,
    private readonly updates: ChatUpdateCache,
  ) {}

  /** Events after `position` are in the room from now on, for as long as the reader is in it. */
  enter<Reader extends RoomReader>(chatId: string, makeReader: (room: Room) => Reader): [Reader, Room] {
    const stream = chatStream(chatId)
    const room = this.rooms.get(stream) ?? this.openRoom(chatId)
    this.rooms.set(stream, room)
    const reader = makeReader(room)
    room.readers.add(reader)
    return [reader, room]
  }

  leave(room: Room, reader: RoomReader): void {
    room.readers.delete(reader)
    if (room.readers.size === 0) this.closeRoom(room)
    else room.prune()
  }

  onEvent(event: RecordedEvent): void {
    if (event.type === 'ChatErased' || event.type === 'UserErased') this.updates.clear()
    const room = this.rooms.get(event.stream)
    if (!room) return
    if (event.type === 'ChatDeleted') this.endRoom(room, chatDeleted())
    else if (event.type === 'ChatErased') this.endRoom(room, chatErased())
    else room.add(event as RecordedChatEvent)
  }

  private openRoom(chatId: string): Room {
    return new Room(chatId, this, (replyId, onChange) => new DeltaListener(this.deltas, chatId, replyId, onChange))
  }

  private endRoom(room: Room, reason: Refused): void {
    room.end(reason)
    this.closeRoom(room)
  }

  private closeRoom(room: Room): void {
    room.close()
    const stream = chatStream(room.chatId)
    if (this.rooms.get(stream) === room) this.rooms.delete(stream)
  }
}

const chatDeleted = () => new Refused('not_found', 'the chat was deleted')
export const chatErased = () => new Refused('erased', 'the chat was erased')
