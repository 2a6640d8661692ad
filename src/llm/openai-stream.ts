import type { OpenAI } from 'openai'
import { Stream } from 'openai/core/streaming'
import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import { contentFiltered, connectionDropped, malformedAnswer } from './provider-failures.js'
import type { Chunk, Finish, Usage } from './provider.js'

/** Compatible servers leave out fields that OpenAI always sends. */
type LenientChunk = Partial<Pick<ChatCompletionChunk, 'choices' | 'usage' | 'model'>>

/** The chunks of a streamed answer. An answer without its end is an error, even if the connection ends normally. */
export async function* openAiChunks(
  raw: Response,
  client: OpenAI,
  provider: string,
  answeredBy?: (model: string) => void,
): AsyncGenerator<Chunk, void, undefined> {
  const { response, hasDone } = watchForDone(raw)
  let usage: Usage | undefined
  let finish: Finish | undefined
  let [hasChunk, hasText, isRefused] = [false, false, false]
  try {
    for await (const chunk of Stream.fromSSEResponse<LenientChunk | null>(response, new AbortController(), client)) {
      if (!chunk) throw malformedAnswer(provider)
      if (!hasChunk && chunk.model) answeredBy?.(chunk.model)
      hasChunk = true
      const choice = chunk.choices?.[0]
      // A refusal is the model's text instead of an answer, and the reader should see it.
      const text = choice?.delta?.content || choice?.delta?.refusal
      if (text) yield { text }
      else yield { alive: true }
      hasText ||= Boolean(text)
      isRefused ||= Boolean(choice?.delta?.refusal)
      if (choice?.finish_reason) finish = isRefused ? 'filtered' : finishOf(choice.finish_reason)
      // Some servers send the count so far with every chunk: the last one counts.
      if (chunk.usage)
        usage = { promptTokens: chunk.usage.prompt_tokens, completionTokens: chunk.usage.completion_tokens }
    }
  } catch (error) {
    if (!finish) throw error // after `finish` the answer is complete, and only the rest of the stream is lost
  }
  if (!finish && hasChunk && hasDone()) finish = 'stop'
  if (!finish) throw hasChunk ? connectionDropped(provider) : malformedAnswer(provider)
  if (finish === 'filtered' && !hasText) throw contentFiltered(provider)
  if (usage) yield { usage }
  yield { finish }
}

function finishOf(reason: string): Finish {
  if (reason === 'length' || reason === 'max_tokens') return 'length'
  return reason === 'content_filter' ? 'filtered' : 'stop'
}

/** Watches for the final [DONE]. Some servers mark the end by nothing else, and the client does not pass it on. */
function watchForDone(raw: Response): { response: Response; hasDone: () => boolean } {
  let tail = ''
  const watch = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, out) {
      tail = (tail + Buffer.from(bytes.subarray(-40)).toString('latin1')).slice(-40)
      out.enqueue(bytes)
    },
  })
  return {
    response: new Response(raw.body?.pipeThrough(watch), { headers: raw.headers }),
    hasDone: () => /^data: ?\[DONE\]\s*$/m.test(tail),
  }
}
