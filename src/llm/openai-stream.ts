import type { OpenAI } from 'openai'
import { Stream } from 'openai/core/streaming'
import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import { contentFiltered, connectionDropped, malformedAnswer } from './provider-failures.js'
import type { Chunk, Finish, Usage } from './provider.js'

/** Servers leave out what OpenAI always sends. */
type Lenient = Partial<Pick<ChatCompletionChunk, 'choices' | 'usage' | 'model'>>

/** The chunks of a streamed answer. An answer without its end is an error, whether or not the connection says so. */
export async function* openAiChunks(
  raw: Response,
  client: OpenAI,
  provider: string,
  answeredBy?: (model: string) => void,
): AsyncGenerator<Chunk, void, undefined> {
  const { response, sawDone } = watchingForDone(raw)
  let usage: Usage | undefined
  let finish: Finish | undefined
  let [anything, text, refused] = [false, false, false]
  try {
    for await (const chunk of Stream.fromSSEResponse<Lenient | null>(response, new AbortController(), client)) {
      if (!chunk) throw malformedAnswer(provider)
      if (!anything && chunk.model) answeredBy?.(chunk.model)
      anything = true
      const choice = chunk.choices?.[0]
      // A refusal is what the model says instead of an answer, and the reader should see it.
      const words = choice?.delta?.content || choice?.delta?.refusal
      if (words) yield { text: words }
      else yield { alive: true }
      text ||= Boolean(words)
      refused ||= Boolean(choice?.delta?.refusal)
      if (choice?.finish_reason) finish = refused ? 'filtered' : meaningOf(choice.finish_reason)
      // Some send the count so far with every chunk: the last one counts.
      if (chunk.usage)
        usage = { promptTokens: chunk.usage.prompt_tokens, completionTokens: chunk.usage.completion_tokens }
    }
  } catch (error) {
    if (!finish) throw error // else the answer is there, and only what comes after it was lost
  }
  if (!finish && anything && sawDone()) finish = 'stop'
  if (!finish) throw anything ? connectionDropped(provider) : malformedAnswer(provider)
  if (finish === 'filtered' && !text) throw contentFiltered(provider)
  if (usage) yield { usage }
  yield { finish }
}

function meaningOf(reason: string): Finish {
  if (reason === 'length' || reason === 'max_tokens') return 'length'
  return reason === 'content_filter' ? 'filtered' : 'stop'
}

/** The client swallows the closing [DONE], by which alone some servers say that an answer is complete. */
function watchingForDone(raw: Response): { response: Response; sawDone: () => boolean } {
  let tail = ''
  const watch = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, out) {
      tail = (tail + Buffer.from(bytes.subarray(-40)).toString('latin1')).slice(-40)
      out.enqueue(bytes)
    },
  })
  return {
    response: new Response(raw.body?.pipeThrough(watch), { headers: raw.headers }),
    sawDone: () => /^data: ?\[DONE\]\s*$/m.test(tail),
  }
}
