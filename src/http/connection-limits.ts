import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import { OpenCounts } from './open-counts.js'

export interface ConnectionLimits {
  readonly inAll: number
  /** 0: any number. */
  readonly perAddress: number
}

/** Nobody takes all connections: those beyond a limit are closed at once, before anything is read from them. */
export function limitConnections(server: Server, { inAll, perAddress }: ConnectionLimits): void {
  const counts = new OpenCounts()
  const counted = new WeakSet<Socket>()
  server.maxConnections = inAll
  server.on('connection', (socket: Socket) => {
    const { remoteAddress: address } = socket
    if (address === undefined || counted.has(socket)) return
    const end = counts.open(address, perAddress)
    if (!end) return void socket.destroy()
    counted.add(socket)
    socket.once('close', end)
  })
}

/**
 * A body that is not there after some time ends its connection, so that nobody holds one for ever. Forms have files,
 * and may take as long as a whole request (`requestTimeout` of the server).
 *
 * Only one body of a connection is on its way. When it was answered before it came, Node tells its request nothing of
 * the connection's end: so the connection itself ends the wait.
 */
export function limitBodyTime(
  server: Server,
  bodyTimeoutMs: number,
  mayTakeLong: (request: IncomingMessage) => boolean,
): void {
  const timers = new WeakMap<Socket, NodeJS.Timeout>()
  server.on('connection', (socket: Socket) => socket.once('close', () => clearTimeout(timers.get(socket))))
  server.prependListener('request', (request: IncomingMessage) => {
    const { headers } = request
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
    if (!hasBody || mayTakeLong(request)) return
    const timer = setTimeout(() => {
      const late = Object.assign(new Error('the body did not arrive in time'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
      if (!request.complete) server.emit('clientError', late, request.socket)
    }, bodyTimeoutMs)
    timers.set(request.socket, timer)
    for (const event of ['end', 'close']) request.once(event, () => clearTimeout(timer))
  })
}
