import type { IncomingMessage, Server, ServerResponse } from 'node:http'

/** Only for a connection to another protocol. */
const upgradeHeaders = new Set(['upgrade', 'connection', 'http2-settings'])

/**
 * A request that asks for another protocol is answered as if it had not asked, which HTTP allows; only sockets of ours,
 * below `ownPath`, are upgraded. Node gives such a connection to those who listen for upgrades, and if none of them
 * wants it, it stays open for ever. So the request goes back to the server, without its wish.
 */
export function ignoreOtherUpgrades(server: Server, ownPath: string): void {
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.startsWith(ownPath)) return
    socket.unshift(Buffer.concat([withoutUpgrade(request), head]))
    server.emit('connection', socket)
  })
}

/** Node would answer 417 by itself, without a problem. An expectation that nobody knows may be ignored, and is. */
export function ignoreExpectations(server: Server): void {
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    server.emit('request', request, response),
  )
}

function withoutUpgrade({ method, url, httpVersion, rawHeaders, headers }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!upgradeHeaders.has(rawHeaders[i]!.toLowerCase())) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`)
  }
  if (/\bclose\b/i.test(headers.connection ?? '')) lines.push('connection: close')
  return Buffer.from([...lines, '', ''].join('\r\n'), 'latin1')
}
