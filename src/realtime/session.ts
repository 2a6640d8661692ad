import type { Socket } from 'socket.io'
import { Refused } from '../event-store/errors.js'
import type { Caller, Credentials } from '../commands/caller.js'

/** A chat that a socket has joined, under the name that its client gave it. */
export interface Joined {
  readonly name: string
  leave(): void
}

const mostWaiting = 100
const mostUnsent = 16

/** One socket: whose it is, what it has joined, and how much it can take. */
export class Session {
  /** By the chat's id. */
  readonly joined = new Map<string, Joined>()
  private waiting = 0
  private turn: Promise<unknown> = Promise.resolve()
  private held: Promise<unknown> | undefined

  constructor(
    private readonly socket: Socket,
    readonly credentials: Credentials,
    readonly caller: Caller,
  ) {}

  get isOpen(): boolean {
    return this.socket.connected
  }

  /** What a client asks for is done one after the other, as it was asked. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting >= mostWaiting)
      throw new Refused('rate_limited', `more than ${mostWaiting} events wait already; wait for their answers`, {
        retryAfterMs: 1000,
      })
    this.waiting++
    const outcome = this.turn.then(work)
    this.turn = outcome.catch(() => {})
    try {
      return await outcome
    } finally {
      this.waiting--
    }
  }

  tell(event: string, data: object): void {
    this.socket.emit(event, data)
  }

  /** Nothing is sent until this is settled. */
  hold(check: Promise<unknown>): void {
    const held = check.finally(() => {
      if (this.held === held) this.held = undefined
    })
    this.held = held
  }

  /**
   * Resolves when it may be sent something and its client can take it. What waits in memory for a slow client is bounded
   * by this: some messages, and those that are on their way to the kernel.
   */
  async clear(): Promise<void> {
    while (this.held || this.isFull) await (this.held ?? this.drained())
  }

  /** Its client is told why, and does not come back by itself. */
  end({ code, message: detail }: Refused): void {
    this.tell('disconnect-reason', { code, detail })
    this.socket.disconnect(true)
  }

  /** Its client comes back by itself, to this process or another. */
  drop(): void {
    this.socket.conn.close()
  }

  /** The same, once it has been answered what it has asked for. */
  async leave(): Promise<void> {
    await this.turn
    this.drop()
  }

  close(): void {
    for (const joined of this.joined.values()) joined.leave()
  }

  private get isFull(): boolean {
    const { readyState, writeBuffer } = this.socket.conn as unknown as { readyState: string; writeBuffer: unknown[] }
    return readyState === 'open' && writeBuffer.length >= mostUnsent
  }

  private drained(): Promise<void> {
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
