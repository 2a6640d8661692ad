import * as http from 'node:http'
import * as https from 'node:https'
import { text } from 'node:stream/consumers'

/** Shorter than servers keep an idle connection, so that none is closed just as we use it again. */
const options = { keepAlive: true, timeout: 4_000 }
const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) }

/**
 * `fetch` without web streams, for requests whose body is a text: a streamed answer costs half of the processor time.
 * The body of its response is Node's own stream. Everything else goes to the real `fetch`: forms, and answers that
 * redirect.
 */
export async function lightFetch(url: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  if (url instanceof Request || typeof init.body !== 'string') return await fetch(url, init)
  const answer = await request(new URL(url), init)
  const { statusCode = 0 } = answer
  if (statusCode < 300 || statusCode >= 400) return responseOf(String(url), statusCode, answer)
  answer.resume()
  return await fetch(url, init)
}

function request(url: URL, init: RequestInit): Promise<http.IncomingMessage> {
  const { method = 'GET', headers, body, signal } = init
  const protocol = url.protocol as keyof typeof agents
  const length = { 'content-length': String(Buffer.byteLength(body as string)) }
  return new Promise((resolve, reject) => {
    const send = protocol === 'https:' ? https.request : http.request
    const sent = send(url, {
      method,
      agent: agents[protocol],
      headers: { ...Object.fromEntries(new Headers(headers)), ...length },
      ...(signal && { signal }),
    })
    sent.once('response', resolve)
    sent.once('error', reject)
    sent.end(body)
  })
}

/** As much of a Response as the client looks at. */
function responseOf(url: string, status: number, answer: http.IncomingMessage): Response {
  const headers = new Headers()
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one)
  }
  const response = {
    url,
    status,
    ok: status < 300,
    headers,
    body: answer,
    text: () => text(answer),
    json: async () => JSON.parse(await text(answer)) as unknown,
  }
  return response as unknown as Response
}
