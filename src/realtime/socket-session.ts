import type { Socket } from 'socket.io'
import { Refused } from '../event-store/errors.js'
import type { Caller, Credentials } from '../commands/caller.js'

/** A chat that a socket has joined, under the name that its client gave it. */
export interface JoinedChat {
  readonly name: string
  leave(): void
}

const mostQueued = 100
const mostUnsent = 16

/** One socket: whose it is, what it has joined, and how much it can take. */
export class SocketSession {
  /** By the chat's id. */
  readonly joinedChats = new Map<string, JoinedChat>()
  private queued = 0
  private lastRequest: Promise<unknown> = Promise.resolve()
  private pendingCheck: Promise<unknown> | undefined

  constructor(
    private readonly socket: Socket,
    readonly credentials: Credentials,
    readonly caller: Caller,
  ) {}

  get isOpen(): boolean {
    return this.socket.connected
  }

  /** What a client asks for is done one after the other, as it was asked. */
  async runInOrder<T>(work: () => Promise<T>): Promise<T> {
    if (this.queued >= mostQueued)
      throw new Refused('rate_limited', `more than ${mostQueued} events wait already; wait for their answers`, {
        retryAfterMs: 1000,
      })
    this.queued++
    const outcome = this.lastRequest.then(work)
    this.lastRequest = outcome.catch(() => {})
    try {
      return await outcome
    } finally {
      this.queued--
    }
  }

  emit(event: string, data: object): void {
    this.socket.emit(event, data)
  }

  /** Nothing is sent until this is settled. */
  holdUntil(check: Promise<unknown>): void {
    const held = check.finally(() => {
      if (this.pendingCheck === held) this.pendingCheck = undefined
    })
    this.pendingCheck = held
  }

  /**
   * Resolves when it may be sent something and its client can take it. What waits in memory for a slow client is bounded
   * by this: some messages, and those that are on their way to the kernel.
   */
  async untilWritable(): Promise<void> {
    while (this.pendingCheck || this.isFull) await (this.pendingCheck ?? this.untilDrained())
  }

  /** Its client is told why, and does not come back by itself. */
  end({ code, message: detail }: Refused): void {
    this.emit('disconnect-reason', { code, detail })
    this.socket.disconnect(true)
  }

  /** Its client comes back by itself, to this process or another. */
  drop(): void {
    this.socket.conn.close()
  }

  /** The same, once it has been answered what it has asked for. */
  async dropWhenIdle(): Promise<void> {
    await this.lastRequest
    this.drop()
  }

  close(): void {
    for (const joined of this.joinedChats.values()) joined.leave()
  }

  private get isFull(): boolean {
    const { readyState, writeBuffer } = this.socket.conn as unknown as { readyState: string; writeBuffer: unknown[] }
    return readyState === 'open' && writeBuffer.length >= mostUnsent
  }

  private untilDrained(): Promise<void> {
    const { conn } = this.socket
    return new Promise((resolve) => {
      const done = () => {
        conn.off('drain', done)
        conn.off('close', done)
        resolve()
      }
      conn.on('drain', done)
      conn.on('close', done)
    })
  }
}
