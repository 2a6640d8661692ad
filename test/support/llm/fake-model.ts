import { EventEmitter } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type Answer, type Fault, type FaultName, ModelScript, type OrderedFault } from './model-script.js'

export interface RecordedRequest {
  method: string
  path: string
  headers: IncomingHttpHeaders
  /** Parsed when it is JSON. */
  body: unknown
  bytes: Buffer
}

/** A model's real HTTP server on a free port. It remembers what it was asked, and does what the test orders. */
export abstract class FakeModel {
  readonly requests: RecordedRequest[] = []
  /** Being answered now, and the most that ever were at once. */
  concurrent = 0
  mostConcurrent = 0
  protected readonly script = new ModelScript()
  protected origin = ''
  private silent = false
  private readonly server = createServer()
  private readonly happened = new EventEmitter().setMaxListeners(0)
  private readonly sockets = new Set<Socket>()

  /** Says this from now on; without an argument what it says by itself. */
  answerWith(answer?: Answer): void {
    this.script.answerWith(answer)
  }

  /** The next prompts fail, once each. */
  failNext(fault: FaultName | Fault, times?: number): void {
    this.script.failNext(fault, times)
  }

  /** All others go like this from now on; without an argument, well. */
  always(fault?: FaultName | Fault): void {
    this.script.always(fault)
  }

  /** The next prompt gets exactly this; then the answer ends or the connection breaks. */
  sendRaw(parts: readonly string[], { drop = false } = {}): void {
    this.script.failNext({ fault: 'raw', parts, thenDrop: drop })
  }

  /** Answers nothing that is asked from now on. */
  silence(silent = true): void {
    this.silent = silent
  }

  /** Resolves when so many requests have come since the start. */
  async requested(count: number): Promise<void> {
    await this.until(() => this.requests.length >= count)
  }

  /** Resolves when all that were asked are answered or gone. */
  async idle(): Promise<void> {
    await this.until(() => this.concurrent === 0)
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    for (const socket of this.sockets) socket.destroy()
    await closed
  }

  protected abstract answer(request: RecordedRequest, response: ServerResponse): Promise<void> | void

  protected async listen(): Promise<this> {
    this.server.on('request', (request, response) => {
      this.take(request, response).catch((error: unknown) => {
        console.error('the fake model:', error)
        response.destroy()
      })
    })
    this.server.on('connection', (socket) => {
      socket.setNoDelay(true)
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
    })
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    this.origin = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
    return this
  }

  private async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise((resolve) => this.happened.once('change', resolve))
  }

  private async take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    this.mostConcurrent = Math.max(this.mostConcurrent, ++this.concurrent)
    response.on('close', () => {
      this.concurrent--
      this.happened.emit('change')
    })
    const parts: Buffer[] = []
    try {
      for await (const part of incoming) parts.push(part as Buffer)
    } catch {
      return // gone before it had said what it wants
    }
    const bytes = Buffer.concat(parts)
    const { method = '', url: path = '', headers } = incoming
    const isJson = bytes.length > 0 && headers['content-type']?.includes('json')
    const request = {
      method,
      path,
      headers,
      bytes,
      body: isJson ? (JSON.parse(bytes.toString()) as unknown) : undefined,
    }
    this.requests.push(request)
    this.happened.emit('change')
    if (!this.silent) await this.answer(request, response)
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** A fault that comes instead of an answer. False when this one comes within it. */
export function failAtOnce(
  order: OrderedFault,
  response: ServerResponse,
  errorBody: (status: number) => unknown,
): boolean {
  const { fault, at, headers, body } = order
  if (fault === 'hangup') response.socket?.destroy()
  else if (fault === 'web_page')
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome to nginx!</html>')
  else if (fault === 'rate_limit')
    sendJson(response, 429, body ?? errorBody(429), headers ?? { 'retry-after': String(at) })
  else if (fault === 'status') sendJson(response, at, body ?? errorBody(at), headers)
  else if (fault === 'raw') void sendParts(order, response)
  else return false
  return true
}

async function sendParts({ parts = [], thenDrop }: OrderedFault, response: ServerResponse): Promise<void> {
  response.writeHead(200)
  for (const part of parts) await new Promise((sent) => response.write(part, sent))
  if (thenDrop) response.socket?.destroy()
  response.end()
}
