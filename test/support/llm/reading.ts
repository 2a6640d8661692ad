import { OllamaProvider } from '../../../src/llm/ollama.js'
import { OpenAiProvider } from '../../../src/llm/openai.js'
import type { Chunk, CompletionRequest, Finish, Provider, RequestedCall, Usage } from '../../../src/llm/provider.js'
import { FakeOllama } from './fake-ollama.js'
import { FakeOpenAi } from './fake-openai.js'

/** What a reader of an answer has in the end. */
export interface Read {
  texts: string[]
  text: string
  alive: number
  usage?: Usage
  toolCalls?: readonly RequestedCall[]
  finish?: Finish
  /** What the iteration threw. */
  error?: unknown
}

export async function read(chunks: AsyncIterable<Chunk>): Promise<Read> {
  const got: Read = { texts: [], text: '', alive: 0, usage: undefined, finish: undefined, error: undefined }
  try {
    for await (const chunk of chunks) {
      if ('text' in chunk) got.texts.push(chunk.text)
      else if ('alive' in chunk) got.alive++
      else if ('usage' in chunk) got.usage = chunk.usage
      else if ('toolCalls' in chunk) got.toolCalls = chunk.toolCalls
      else got.finish = chunk.finish
    }
  } catch (error) {
    got.error = error
  }
  return { ...got, text: got.texts.join('') }
}

export const never = () => new AbortController().signal

export const asking = (
  model: string,
  content = 'How are you today?',
  more: Partial<CompletionRequest> = {},
): CompletionRequest => ({
  model,
  messages: [{ role: 'user', content }],
  ...more,
})

export const apiKey = 'sk-secret-0123456789'

/** A provider and the server that it talks to. */
export interface Line {
  server: FakeOpenAi | FakeOllama
  provider: Provider
  model: string
}

export const lines: { name: string; open: () => Promise<Line> }[] = [
  {
    name: 'openai',
    open: async () => {
      const server = await FakeOpenAi.start({ apiKey })
      return { server, provider: new OpenAiProvider({ apiKey, baseUrl: server.url }), model: 'gpt-4o-mini' }
    },
  },
  {
    name: 'ollama',
    open: async () => {
      const server = await FakeOllama.start()
      return { server, provider: new OllamaProvider({ url: server.url }), model: 'llama3.1:8b' }
    },
  },
]
