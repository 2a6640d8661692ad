import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import type { Client } from '../world.js'

export interface Heard {
  event: string
  // What is not there fails the test.
  // oxlint-disable-next-line typescript/no-explicit-any
  data: any
}

type Options = Partial<ManagerOptions & SocketOptions>

/** Somebody with the official client, who keeps everything that is said. */
export class Chatter {
  readonly heard: Heard[] = []
  readonly socket: Socket
  private look = () => {}

  private constructor(url: string, options: Options) {
    this.socket = io(url, { forceNew: true, reconnection: false, transports: ['websocket'], ...options })
    const hear = (event: string, data: unknown) => {
      this.heard.push({ event, data })
      this.look()
    }
    this.socket.onAny(hear)
    this.socket.on('disconnect', (reason) => hear('disconnect', reason))
  }

  /** Connected, or the error that kept it from being so. */
  static async connect(url: string, token: unknown, options: Options = {}): Promise<Chatter> {
    const chatter = new Chatter(url, { auth: { token }, ...options })
    await new Promise<void>((resolve, reject) => {
      chatter.socket.once('connect', resolve)
      chatter.socket.once('connect_error', (error) => {
        chatter.close()
        reject(error)
      })
    })
    return chatter
  }

  /** The same person as over HTTP, at the same process. */
  static of(client: Client, options: Options = {}): Promise<Chatter> {
    return Chatter.connect(client.url, tokenOf(client), options)
  }

  // oxlint-disable-next-line typescript/no-explicit-any
  ask(event: string, ...payload: unknown[]): Promise<any> {
    return this.socket.timeout(10_000).emitWithAck(event, ...payload)
  }

  /** Everything heard under this name, of one chat or of all. */
  // oxlint-disable-next-line typescript/no-explicit-any
  all(event: string, chatId?: string): any[] {
    return this.heard
      .filter((one) => one.event === event && (chatId === undefined || one.data.chatId === chatId))
      .map(({ data }) => data)
  }

  /** Resolves when it is so. */
  async until(isSo: () => boolean, withinMs = 60_000): Promise<void> {
    const deadline = Date.now() + withinMs
    while (!isSo()) {
      if (Date.now() > deadline)
        throw new Error(`not within ${withinMs} ms; heard ${JSON.stringify(this.heard.slice(-20)).slice(0, 3_000)}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100)
        this.look = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** Resolves with what comes under this name next, or has come already as the n-th. */
  // oxlint-disable-next-line typescript/no-explicit-any
  async next(event: string, nth = 1): Promise<any> {
    await this.until(() => this.all(event).length >= nth)
    return this.all(event)[nth - 1]
  }

  /** What it puts together of a reply's deltas, as docs/realtime.md says. */
  written(replyId: string): string {
    const deltas = this.all('reply-delta').filter((delta) => delta.replyId === replyId)
    return deltas.reduce((text: string, delta) => text.slice(0, delta.offset) + delta.text, '')
  }

  close(): void {
    this.socket.disconnect()
  }
}

export const tokenOf = ({ headers }: Client): string =>
  headers['x-api-key'] ?? headers.authorization!.slice('Bearer '.length)
