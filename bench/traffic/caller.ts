import { Agent, type IncomingMessage, request } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: Infinity })

/** Plain HTTP on connections that stay open, because the caller shares the machine with what it measures. */
export class Caller {
  constructor(
    private readonly url: string,
    private readonly headers: Record<string, string> = {},
  ) {}

  as(token: string): Caller {
    return new Caller(this.url, { ...this.headers, authorization: `Bearer ${token}` })
  }

  /** The body of an answer that is a success. */
  async json<T>(method: string, path: string, body?: object, headers?: Record<string, string>): Promise<T> {
    const response = await this.open(method, path, body, headers)
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) text += String(chunk)
    if (response.statusCode! >= 300) throw new Error(`${method} ${path}: ${response.statusCode} ${text}`)
    return JSON.parse(text) as T
  }

  /** The answer's headers have arrived. */
  open(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<IncomingMessage> {
    const content = body && JSON.stringify(body)
    const type = content ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) } : {}
    return new Promise((resolve, reject) => {
      request(this.url + path, { agent, method, headers: { ...type, ...this.headers, ...headers } }, resolve)
        .on('error', reject)
        .end(content)
    })
  }
}
