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
  /** The name that its events carry, and the chat's id. */
  readonly chatId: string
  readonly id: string
  /** What comes after this is sent. */
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

  /** Joining again changes nothing. One's own name for a chat may be joined before the chat begins. */
  async join(session: SocketSession, { chatId: name, after }: JoinBody): Promise<JoinAnswer> {
    const id = this.ids.of(session.caller.id, name)
    const already = session.joinedChats.get(id) as ChatReader | undefined
    if (already) return { chatId: already.name, id, position: already.position }
    if (session.joinedChats.size >= mostChats)
      throw invalidFields([{ field: 'chatId', message: `is one too many: a socket joins at most ${mostChats} chats` }])
    if (after !== undefined) await this.mustBeInTheLog(after)
    const { listener, openReply } = await this.enter(session, id, name, after)
    const { position } = listener
    setImmediate(() => listener.start(openReply)) // the answer goes first
    return { chatId: name, id, position }
  }

  leave(session: SocketSession, name: string): { chatId: string } {
    session.joinedChats.get(this.ids.of(session.caller.id, name))?.leave()
    return { chatId: name }
  }

  /** In first, and looked at then: so no end of the chat falls between the two. */
  private async enter(
    session: SocketSession,
    id: string,
    name: string,
    after: number | undefined,
  ): Promise<{ listener: ChatReader; openReply: string | undefined }> {
    const { store } = this.engine
    const { updates: opened, rooms } = this
    const [listener, room] = rooms.enter(
      id,
      (room) => new ChatReader(session, room, name, after, { store, updates: opened, rooms }),
    )
    session.joinedChats.set(id, listener)
    try {
      const { status, ownerId, open } = await this.chats.state(id)
      const isOwn = status === 'active' ? ownerId === session.caller.id : status === 'none' && id !== name.toLowerCase()
      if (!isOwn) throw noSuchChat()
      if (!session.isOpen) throw new Refused('unavailable', 'the socket has gone')
      room.setOpenReply(open?.replyId)
      return { listener, openReply: open?.replyId }
    } catch (error) {
      listener.leave()
      throw error
    }
  }

  private async mustBeInTheLog(after: number): Promise<void> {
    if (after <= this.rooms.position || after <= (await this.engine.store.head())) return
    const message = `is ${after}, and the log does not reach that far yet`
    throw new Refused('position_beyond_head', `after ${message}`, { errors: [{ field: 'after', message }] })
  }
}
