import { io, type Socket } from 'socket.io-client'

/**
 * A client as docs/realtime.md tells how to write one: it remembers the last position of each chat, and joins again
 * with it whenever it is connected. The official client comes back by itself. What comes twice, out of order or from
 * elsewhere is a fault.
 */
export class Follower {
  readonly socket: Socket
  readonly messages = new Map<string, { position: number; content: string }[]>()
  readonly faults: string[] = []
  connections = 0
  private readonly last = new Map<string, number>()

  constructor(url: string, token: string, chats: readonly string[]) {
    const quick = { reconnectionDelay: 5, reconnectionDelayMax: 50, randomizationFactor: 0.5 }
    this.socket = io(url, { forceNew: true, transports: ['websocket'], auth: { token }, ...quick })
    for (const chatId of chats) {
      this.last.set(chatId, 0)
      this.messages.set(chatId, [])
    }
    this.socket.on('connect', () => {
      this.connections++
      for (const [chatId, after] of this.last)
        this.socket.emit(
          'join-chat',
          { chatId, after },
          (answer: { ok: boolean }) => answer.ok || this.faults.push(JSON.stringify(answer)),
        )
    })
    this.socket.on('connect_error', (error) => this.socket.active || this.faults.push(error.message))
    this.socket.on('disconnect', (reason) => this.socket.active || this.faults.push(reason))
    this.socket.on(
      'message',
      ({
        chatId,
        position,
        message,
      }: {
        chatId: string
        position: number
        message: { chatId: string; content: string }
      }) => {
        const last = this.last.get(chatId)
        if (last === undefined || position <= last || message.chatId !== chatId)
          this.faults.push(`${chatId} ${position} after ${last}`)
        this.last.set(chatId, position)
        this.messages.get(chatId)!.push({ position, content: message.content })
      },
    )
  }

  get count(): number {
    return [...this.messages.values()].reduce((sum, { length }) => sum + length, 0)
  }

  close(): void {
    this.socket.disconnect()
  }
}
