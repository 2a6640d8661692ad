import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import type { Socket } from 'socket.io'
import type { Refused } from '../event-store/errors.js'
import type { RecordedEvent } from '../event-store/event.js'
import { pause } from '../event-store/timing.js'
import { badCredentials } from '../http/admit.guard.js'
import { Authenticator } from '../commands/caller.js'
import { Drain } from '../commands/drain.js'
import { userStream } from '../identity/users.js'
import { SocketMetrics } from '../telemetry/socket-metrics.js'
import type { SocketIdentity } from './api/handshake.js'
import { SocketSession } from './socket-session.js'

const checkEveryMs = 4_000
const checksAtOnce = 50

/**
 * The sockets of this process. The right to one ends with the login, password, key or account it came from: when the
 * log tells of such an end, what comes after it is not sent before the credentials have been looked at again. They
 * are also looked at every few seconds, for tokens that run out, and for an end that a crash kept from the log.
 */
@Injectable()
export class SocketSessions implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly sessions = new Map<string, Set<SocketSession>>()
  private readonly bySocket = new WeakMap<Socket, SocketSession>()
  private readonly stopping = new AbortController()
  private checking = Promise.resolve()

  constructor(
    private readonly authenticator: Authenticator,
    private readonly metrics: SocketMetrics,
    private readonly drain: Drain,
  ) {}

  onApplicationBootstrap(): void {
    this.checking = this.checkAll()
    this.drain.closed.addEventListener('abort', () => void this.drain.waitFor(this.dropAll()))
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort()
    for (const session of this.all()) session.drop()
    await this.checking
  }

  open(socket: Socket, { credentials, caller }: SocketIdentity): void {
    const stream = userStream(caller.id)
    const session = new SocketSession(socket, credentials, caller)
    this.bySocket.set(socket, session)
    this.metrics.connected.inc()
    this.sessions.set(stream, (this.sessions.get(stream) ?? new Set()).add(session))
    if (this.drain.closed.aborted || this.stopping.signal.aborted) session.drop()
  }

  of(socket: Socket): SocketSession | undefined {
    return this.bySocket.get(socket)
  }

  close(socket: Socket): void {
    const session = this.bySocket.get(socket)
    if (!session) return
    session.close()
    const stream = userStream(session.caller.id)
    const others = this.sessions.get(stream)
    if (others?.delete(session)) this.metrics.connected.dec()
    if (others?.size === 0) this.sessions.delete(stream)
  }

  onEvent(event: RecordedEvent): void {
    for (const session of this.sessions.get(event.stream) ?? []) {
      if (event.type === 'UserErased') session.end(badCredentials(session.credentials))
      else session.holdUntil(this.check(session).catch(() => session.drop())) // nobody can tell
    }
  }

  /** Why nobody has a right to this socket any more; undefined while somebody has. */
  async refusalFor({ credentials, caller }: SocketSession): Promise<Refused | undefined> {
    const now = await this.authenticator.authenticate(credentials)
    return now?.id === caller.id ? undefined : badCredentials(credentials)
  }

  private async check(session: SocketSession): Promise<void> {
    const why = await this.refusalFor(session)
    if (why) session.end(why)
  }

  private async checkAll(): Promise<void> {
    const { signal } = this.stopping
    for (; !signal.aborted; await pause(checkEveryMs, signal)) {
      const sessions = [...this.all()]
      while (sessions.length > 0 && !signal.aborted) {
        const some = sessions.splice(-checksAtOnce)
        await Promise.all(some.map((session) => this.check(session).catch(() => {}))) // nobody can tell yet
      }
    }
  }

  /** Clients come back by themselves, to another process. */
  private async dropAll(): Promise<void> {
    await Promise.all(this.all().map((session) => session.dropWhenIdle()))
  }

  private all(): SocketSession[] {
    return [...this.sessions.values()].flatMap((sessions) => [...sessions])
  }
}
