import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * A program: a model that speaks OpenAI's API and answers every prompt at once with 40 words. The first word is the
 * moment at which it was sent, in nanoseconds of the machine's clock, so that a reader can tell how long it was under way.
 */
const words = 'the answer of a model that needs no time at all is as good as any other when it is the way that counts'
const rest = Array.from({ length: 39 }, (_, i) => ` ${words.split(' ')[i % 22]}`)
const usage = { prompt_tokens: 100, completion_tokens: 40, total_tokens: 140 }

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const body = chunks.length ? (JSON.parse(Buffer.concat(chunks).toString()) as { stream?: boolean }) : {}
    if (request.url !== '/v1/chat/completions')
      return sendJson(response, { object: 'list', data: [{ id: 'gpt-4o-mini' }] })
    if (body.stream) streamAnswer(response)
    else sendAnswer(response)
  })
})

function sendAnswer(response: ServerResponse): void {
  const message = { role: 'assistant', content: [now(), ...rest].join('') }
  sendJson(response, { ...head('chat.completion'), choices: [{ index: 0, message, finish_reason: 'stop' }], usage })
}

function streamAnswer(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (data: object) => response.write(`data: ${JSON.stringify(data)}\n\n`)
  const choice = (delta: object, finish_reason: string | null = null) =>
    send({ ...head('chat.completion.chunk'), choices: [{ index: 0, delta, finish_reason }] })
  choice({ role: 'assistant', content: '' })
  for (const content of [now(), ...rest]) choice({ content })
  choice({}, 'stop')
  send({ ...head('chat.completion.chunk'), choices: [], usage })
  response.end('data: [DONE]\n\n')
}

const now = () => String(process.hrtime.bigint())
const head = (object: string) => ({ id: 'chatcmpl-bench', object, created: 0, model: 'gpt-4o-mini' })

function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

server.listen(0, '127.0.0.1', () => console.log(`ready: http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`))
