import { Injectable } from '@nestjs/common'
import { Engine } from '../../event-store/engine.js'
import { Refused } from '../../event-store/errors.js'
import { invalidFields } from '../../http/validation.js'
import { noSuchChat } from '../../chat/chat.js'
import { ChatIds } from '../../chat/chat-ids.js'
import { Chats } from '../../chat/chats.js'
import { ChatReader } from './chat-reader.js'
import { ChatUpdateCache } from '../chat-update-cache.js'
import type { JoinBody } from './payloads.js'
import { Rooms } from '../rooms.js'
import type { SocketSession } from '../socket-session.js'

const mostChats = 100

export interface JoinAnswer {
  /** The name that the client gave the chat. All its events carry it. */
  readonly chatId: string
  /** The chat's id. */
  readonly id: string
  /** Everything after this position is sent. */
  readonly position: number
}

/** Lets sockets into the chats of their owner. */
@Injectable()
export class ChatJoin {
  constructor(
    private readonly engine: Engine,
    private readonly chats: Chats,
    private readonly ids: ChatIds,
    private readonly updates: ChatUpdateCache,
    private readonly rooms: Rooms,
  ) {}

  /** Joining again changes nothing. A caller may join its own name for a chat before the chat begins. */
  async join(session: SocketSession, { chatId: name, after }: JoinBody): Promise<JoinAnswer> {
    const id = this.ids.of(session.caller.id, name)
    const joined = session.joinedChats.get(id) as ChatReader | undefined
    if (joined) return { chatId: joined.name, id, position: joined.position }
    if (session.joinedChats.size >= mostChats)
      throw invalidFields([{ field: 'chatId', message: `is one too many: a socket joins at most ${mostChats} chats` }])
    if (after !== undefined) await this.mustBeInTheLog(after)
    const { reader, openReplyId } = await this.enter(session, id, name, after)
    const { position } = reader
    setImmediate(() => reader.start(openReplyId)) // the answer goes first
    return { chatId: name, id, position }
  }

  leave(session: SocketSession, name: string): { chatId: string } {
    session.joinedChats.get(this.ids.of(session.caller.id, name))?.leave()
    return { chatId: name }
  }

  /** Enters the room first and looks at the chat then, so that no end of the chat falls between the two. */
  private async enter(
    session: SocketSession,
    id: string,
    name: string,
    after: number | undefined,
  ): Promise<{ reader: ChatReader; openReplyId: string | undefined }> {
    const { store } = this.engine
    const { updates, rooms } = this
    const [reader, room] = rooms.enter(
      id,
      (room) => new ChatReader(session, room, name, after, { store, updates, rooms }),
    )
    session.joinedChats.set(id, reader)
    try {
      const { status, ownerId, open } = await this.chats.state(id)
      const isOwn = status === 'active' ? ownerId === session.caller.id : status === 'none' && id !== name.toLowerCase()
      if (!isOwn) throw noSuchChat()
      if (!session.isOpen) throw new Refused('unavailable', 'the socket is closed')
      room.setOpenReply(open?.replyId)
      return { reader, openReplyId: open?.replyId }
    } catch (error) {
      reader.leave()
      throw error
    }
  }

  private async mustBeInTheLog(after: number): Promise<void> {
    if (after <= this.rooms.position || after <= (await this.engine.store.head())) return
    const message = `is ${after}, and the log does not reach that far yet`
    throw new Refused('position_beyond_head', `after ${message}`, { errors: [{ field: 'after', message }] })
  }
}
