import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { OpenAI } from 'openai'
import { OpenAiProvider } from '../../../src/llm/openai.js'
import { eventually } from '../../support/event-store/engines.js'
import { FakeOpenAi, type FakeOpenAiOptions } from '../../support/llm/fake-openai.js'
import { asking, never, read } from '../../support/llm/reading.js'

let server: FakeOpenAi

const open = async (options: FakeOpenAiOptions = {}) => {
  server = await FakeOpenAi.start(options)
  return new OpenAiProvider({ baseUrl: server.url })
}
afterEach(() => server?.close())

const settings = { temperature: 0.5, maxTokens: 100 }
const bodies = () => server.requests.map(({ body }) => body as Record<string, unknown>)
const parameters = () =>
  bodies().map((body) => Object.keys(body).filter((name) => !['model', 'messages', 'stream'].includes(name)))

describe('a request to OpenAI', () => {
  it('is the conversation with its settings, streamed and counted', async () => {
    const provider = await open()
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi', name: 'ann' },
      { role: 'user', content: 'Ho', name: 'Ann Example' },
    ] as const
    await read(provider.complete({ model: 'meta/llama-3:8b', messages, ...settings }, never()))
    expect(bodies()).toEqual([
      {
        model: 'meta/llama-3:8b',
        // A name that OpenAI would refuse stays here.
        messages: [messages[0], messages[1], { role: 'user', content: 'Ho' }],
        stream: true,
        stream_options: { include_usage: true },
        temperature: 0.5,
        max_tokens: 100,
      },
    ])
  })

  it('carries no key when none is configured, and nothing of the environment', async () => {
    const environment = {
      OPENAI_API_KEY: 'sk-environment',
      OPENAI_ORG_ID: 'org-environment',
      OPENAI_PROJECT_ID: 'proj-environment',
    }
    const replaced = jest.replaceProperty(process, 'env', { ...process.env, ...environment })
    const provider = await open()
    replaced.restore()
    await read(provider.complete(asking('gpt-4o-mini'), never()))
    expect(server.requests[0]!.headers.authorization).toBeUndefined()
    expect(JSON.stringify(server.requests[0]!.headers)).not.toContain('environment')
  })

  it.each(['openai', 'vllm', 'nobody'] as const)(
    'is made without stream_options where they are refused, as %s does it, and from then on',
    async (refusesLike) => {
      const provider = await open({ refuses: ['stream_options'], refusesLike })
      const first = await read(provider.complete(asking('gpt-4o-mini', 'Hi', settings), never()))
      expect(first).toMatchObject({ text: 'You asked: Hi', finish: 'stop', usage: undefined })
      await read(provider.complete(asking('gpt-4o-mini', 'Ho', settings), never()))
      expect(parameters()).toEqual([
        ['stream_options', 'temperature', 'max_tokens'],
        ['temperature', 'max_tokens'],
        ['temperature', 'max_tokens'],
      ])
    },
  )

  it('is made as reasoning models want it once they have said so', async () => {
    const provider = await open()
    for (const content of ['Hi', 'Ho']) {
      const { usage, text } = await read(provider.complete(asking('o3-mini', content, settings), never()))
      expect([text, usage?.completionTokens]).toEqual([`You asked: ${content}`, 3])
    }
    expect(parameters()).toEqual([
      ['stream_options', 'temperature', 'max_tokens'],
      ['stream_options', 'temperature', 'max_completion_tokens'],
      ['stream_options', 'max_completion_tokens'],
      ['stream_options', 'max_completion_tokens'],
    ])
  })

  it('stays refused when all that may be left out is left out, and nothing is learned from that', async () => {
    const provider = await open({ refuses: ['messages'], refusesLike: 'nobody' })
    expect(await read(provider.complete(asking('gpt-4o-mini'), never()))).toMatchObject({
      error: { code: 'provider_rejected', retryable: false },
    })
    await read(provider.complete(asking('gpt-4o-mini'), never()))
    expect(parameters()).toEqual([['stream_options'], [], ['stream_options'], []])
  })

  it('is not changed for a value that is wrong', async () => {
    const provider = await open()
    const error = {
      message: "Invalid 'temperature': expected a value <= 2, but got 3 instead.",
      param: 'temperature',
      code: 'decimal_above_max_value',
    }
    server.failNext({ fault: 'status', at: 400, body: { error } })
    const got = await read(provider.complete(asking('gpt-4o-mini', 'Hi', { temperature: 3 }), never()))
    expect(got.error).toMatchObject({
      code: 'provider_rejected',
      message: expect.stringContaining('400, decimal_above_max_value, temperature') as string,
    })
    expect(server.requests).toHaveLength(1)
  })
})

describe('an answer of OpenAI', () => {
  it('is complete when the server only says that it is done', async () => {
    const provider = await open()
    server.failNext('no_finish')
    expect(await read(provider.complete(asking('gpt-4o-mini', 'Hi'), never()))).toMatchObject({
      text: 'You asked: Hi',
      finish: 'stop',
      error: undefined,
    })
  })

  it('that says [DONE] in its words is not done by that', async () => {
    const provider = await open()
    server.answerWith(['data: [DONE]\n\n', ' more'])
    server.failNext({ fault: 'cut', at: 1 })
    expect(await read(provider.complete(asking('gpt-4o-mini', 'Hi'), never()))).toMatchObject({
      error: { code: 'provider_unavailable' },
    })
  })

  it('that was filtered keeps what was said; with nothing said it is an error', async () => {
    const provider = await open()
    server.failNext({ fault: 'filter', at: 2 })
    expect(await read(provider.complete(asking('gpt-4o-mini'), never()))).toMatchObject({
      text: 'You asked:',
      finish: 'filtered',
      error: undefined,
    })
    server.failNext({ fault: 'filter', at: 0 })
    expect(await read(provider.complete(asking('gpt-4o-mini'), never()))).toMatchObject({
      finish: undefined,
      error: { code: 'content_filtered', retryable: false },
    })
  })

  it('that is a refusal says so in the model’s words', async () => {
    const provider = await open()
    server.answerWith('I cannot help with that.')
    server.failNext('refusal')
    expect(await read(provider.complete(asking('gpt-4o-mini'), never()))).toMatchObject({
      text: 'I cannot help with that.',
      finish: 'filtered',
      error: undefined,
    })
  })

  it('that is a refusal may break off like any other', async () => {
    const provider = await open()
    server.sendRaw(['data: {"choices":[{"delta":{"refusal":"I cannot"}}]}\n\n'], { drop: true })
    expect(await read(provider.complete(asking('gpt-4o-mini'), never()))).toMatchObject({
      text: 'I cannot',
      finish: undefined,
      error: { code: 'provider_unavailable' },
    })
  })

  it('is not printed when it cannot be understood', async () => {
    const provider = await open()
    const printed = (['error', 'warn', 'log'] as const).map((method) =>
      jest.spyOn(console, method).mockImplementation(() => {}),
    )
    server.failNext('malformed')
    const { error } = await read(provider.complete(asking('gpt-4o-mini'), never()))
    expect(error).toMatchObject({ code: 'malformed_answer' })
    for (const method of printed) {
      expect(method).not.toHaveBeenCalled()
      method.mockRestore()
    }
  })

  it.each([
    [{ error: { message: 'slow down', code: 429 } }, 'provider_rate_limited'],
    [{ error: { message: 'slow down', type: 'rate_limit_error' } }, 'provider_rate_limited'],
    [{ error: { message: 'upstream', code: 502 } }, 'provider_unavailable'],
    [{ error: { message: 'too long', code: 'context_length_exceeded' } }, 'context_too_long'],
    [{ error: 'boom' }, 'provider_unavailable'],
  ])('may turn into an error: %j', async (error, code) => {
    const provider = await open()
    server.sendRaw([`data: {"choices":[{"delta":{"content":"Well"}}]}\n\n`, `data: ${JSON.stringify(error)}\n\n`])
    expect(await read(provider.complete(asking('gpt-4o-mini'), never()))).toMatchObject({
      text: 'Well',
      error: { code },
    })
  })

  it('need not have all that OpenAI sends', async () => {
    const provider = await open()
    server.sendRaw([
      ': keep-alive\n\n',
      'data: {}\n\n',
      'data: {"choices":[]}\n\n',
      'data: {"choices":[{"delta":{"content":"Well"},"finish_reason":""}],"usage":{"prompt_tokens":3,"completion_tokens":1}}\n\n',
      'data: {"choices":[{"delta":{"content":"!"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n',
    ])
    expect(await read(provider.complete(asking('gpt-4o-mini'), never()))).toMatchObject({
      text: 'Well!',
      usage: { promptTokens: 3, completionTokens: 2 },
      finish: 'stop',
      error: undefined,
    })
  })

  it('is complete once it says so, even if the connection breaks then', async () => {
    const provider = await open()
    server.sendRaw(['data: {"choices":[{"delta":{"content":"Well"},"finish_reason":"stop"}]}\n\n'], { drop: true })
    expect(await read(provider.complete(asking('gpt-4o-mini'), never()))).toMatchObject({
      text: 'Well',
      finish: 'stop',
      error: undefined,
    })
  })
})

describe('the connection to OpenAI', () => {
  const answer = 'data: {"choices":[{"delta":{"content":"Well"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'

  /** Answers three questions, one after the other; how many connections it took, and how many are still open. */
  async function connectionsOf(endAnswer: (response: ServerResponse) => void): Promise<{ made: number; open: number }> {
    const open = new Set<Socket>()
    let made = 0
    const plain = createServer((_, response) =>
      endAnswer(response.writeHead(200, { 'content-type': 'text/event-stream' })),
    )
    plain.on('connection', (socket) => {
      made++
      open.add(socket.on('close', () => open.delete(socket)))
    })
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
    const provider = new OpenAiProvider({ baseUrl: `http://127.0.0.1:${(plain.address() as AddressInfo).port}/v1` })
    try {
      for (let n = 0; n < 3; n++)
        expect(await read(provider.complete(asking('gpt-4o-mini'), never()))).toMatchObject({
          text: 'Well',
          finish: 'stop',
        })
      return {
        made,
        open: await eventually(
          async () => open.size,
          (size) => size <= (made === 1 ? 1 : 0),
        ),
      }
    } finally {
      plain.closeAllConnections()
      plain.close()
    }
  }

  it('is used again for the next answer', async () => {
    expect(await connectionsOf((response) => response.end(answer))).toEqual({ made: 1, open: 1 })
  })

  it('is closed when a server says that it is done and does not end: the answer does not wait for that', async () => {
    expect(await connectionsOf((response) => response.write(answer))).toEqual({ made: 3, open: 0 })
  })
})

describe('the models of OpenAI', () => {
  it('are listed', async () => {
    const provider = await open({ models: ['gpt-4o-mini', 'meta/llama-3:8b'] })
    expect((await provider.models(never())).map(({ id }) => id)).toEqual(['gpt-4o-mini', 'meta/llama-3:8b'])
  })

  it('are not asked for when that was aborted', async () => {
    const provider = await open()
    await expect(provider.models(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
    expect(server.requests).toHaveLength(0)
  })
})

describe('the fake', () => {
  it('speaks to OpenAI’s own client: files, and an answer in one piece', async () => {
    await open()
    const client = new OpenAI({ apiKey: 'any', baseURL: server.url, maxRetries: 0 })
    const file = await client.files.create({ file: new File(['Grüße'], 'notes.txt'), purpose: 'assistants' })
    expect(file).toMatchObject({ filename: 'notes.txt', purpose: 'assistants', bytes: 7 })
    expect(server.files.get(file.id)!.bytes.toString()).toBe('Grüße')
    expect(await client.files.delete(file.id)).toMatchObject({ deleted: true })
    await expect(client.files.delete(file.id)).rejects.toMatchObject({ status: 404 })
    const answer = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Hi' }],
    })
    expect(answer.choices[0]!.message.content).toBe('You asked: Hi')
  })

  it('fails as often as a marker in the prompt orders', async () => {
    const provider = await open()
    const ask = () => read(provider.complete(asking('gpt-4o-mini', 'Hi [[fault:drop:1 x2]]'), never()))
    expect([await ask(), await ask(), await ask()].map(({ text, error }) => [text, Boolean(error)])).toEqual([
      ['You', true],
      ['You', true],
      ['You asked: Hi', false],
    ])
  })

  it('knows how many it answers at once, and goes on when told', async () => {
    const provider = await open()
    let goOn!: () => void
    const until = new Promise<void>((resolve) => (goOn = resolve))
    server.failNext({ fault: 'stall', at: 1, until }, 3)
    const reading = Promise.all(
      ['a', 'b', 'c'].map((content) => read(provider.complete(asking('gpt-4o-mini', content), never()))),
    )
    await server.requested(3)
    expect(server.concurrent).toBe(3)
    goOn()
    expect((await reading).map(({ text }) => text)).toEqual(['You asked: a', 'You asked: b', 'You asked: c'])
    await server.idle()
    expect([server.concurrent, server.mostConcurrent]).toEqual([0, 3])
  })
})
