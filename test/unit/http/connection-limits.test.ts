import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { limitBodyTime } from '../../../src/http/connection-limits.js'

const bodyTimeMs = 50

let server: Server
let port: number
/** How often the server was told that a body is late. */
let late: number
const open = new Set<Socket>()

async function serve(answer: (asked: IncomingMessage, response: ServerResponse) => void): Promise<void> {
  server = createServer(answer)
  late = 0
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') late++
    socket.destroy()
  })
  limitBodyTime(server, bodyTimeMs, ({ headers }) => headers['content-type'] === 'multipart/form-data')
  await once(server.listen(0, '127.0.0.1'), 'listening')
  ;({ port } = server.address() as AddressInfo)
}
afterEach(async () => {
  for (const socket of open) socket.destroy()
  open.clear()
  await new Promise((closed) => server.close(closed))
})

/** Sends half of a body. */
async function begin(...headers: string[]): Promise<Socket> {
  const client = connect({ port, host: '127.0.0.1' })
  const [[socket]] = await Promise.all([once(server, 'connection'), once(client, 'connect')])
  open.add(client).add(socket as Socket)
  client.write(['POST / HTTP/1.1', 'host: localhost', 'content-length: 10', ...headers, '', 'half '].join('\r\n'))
  return client
}
/** Timers end in their order: this one is begun later, and lasts longer. */
const untilItWouldBeLate = () => pause(2 * bodyTimeMs)

describe('the time of a body', () => {
  const atOnce = (_: IncomingMessage, response: ServerResponse) => response.writeHead(429).end()

  it('ends the connection on which it does not come', async () => {
    await serve(() => {})
    await once((await begin()).resume(), 'close')
    expect(late).toBe(1)
  })

  it('ends it also when the request was answered before', async () => {
    await serve(atOnce)
    await once((await begin()).resume(), 'close')
    expect(late).toBe(1)
  })

  it('is over when the body is there', async () => {
    await serve((asked, response) => asked.resume().once('end', () => response.end()))
    const client = await begin()
    client.write('more.')
    await once(client, 'data')
    await untilItWouldBeLate()
    expect(late).toBe(0)
  })

  it('is over when the connection ends, though the request was answered before', async () => {
    await serve(atOnce)
    const client = await begin()
    await once(client, 'data')
    const closed = [...open].map((socket) => once(socket, 'close'))
    client.destroy()
    await Promise.all(closed)
    await untilItWouldBeLate()
    expect(late).toBe(0)
  })

  it('is not counted for those that may take long', async () => {
    await serve(() => {})
    await begin('content-type: multipart/form-data')
    await once(server, 'request')
    await untilItWouldBeLate()
    expect(late).toBe(0)
  })
})
