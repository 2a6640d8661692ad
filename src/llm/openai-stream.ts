import { APIError } from 'openai'
import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import { contentFiltered, connectionDropped, malformedAnswer } from './provider-failures.js'
import { JoinedCalls } from './tool-call-deltas.js'
import type { Chunk, Finish, Usage } from './provider.js'
import { doneMessage, sseMessages } from './sse-messages.js'

const lingerMs = 50

/** Compatible servers leave out fields that OpenAI always sends. */
type LenientChunk = Partial<Pick<ChatCompletionChunk, 'choices' | 'usage' | 'model'>> & { error?: object }

/**
 * The chunks of a streamed answer; what arrives together is one. An answer without its end is an error, even if the
 * connection ends normally.
 */
export async function* openAiChunks(
  response: Response,
  provider: string,
  answeredBy?: (model: string) => void,
): AsyncGenerator<Chunk, void, undefined> {
  let usage: Usage | undefined
  let finish: Finish | undefined
  const calls = new JoinedCalls()
  let [hasChunk, hasText, isRefused, isDone] = [false, false, false, false]
  try {
    for await (const messages of untilDone(response)) {
      let text = ''
      try {
        for (const message of messages) {
          if (message.startsWith(doneMessage)) {
            isDone = true
            break
          }
          const chunk = parseChunk(message, response.headers)
          if (!chunk) throw malformedAnswer(provider)
          if (!hasChunk && chunk.model) answeredBy?.(chunk.model)
          hasChunk = true
          const choice = chunk.choices?.[0]
          // A refusal is the model's text instead of an answer, and the reader should see it.
          text += (choice?.delta?.content || choice?.delta?.refusal) ?? ''
          if (!calls.add(choice?.delta?.tool_calls)) throw malformedAnswer(provider)
          isRefused ||= Boolean(choice?.delta?.refusal)
          if (choice?.finish_reason) finish = isRefused ? 'filtered' : finishOf(choice.finish_reason)
          // Some servers send the count so far with every chunk: the last one counts.
          if (chunk.usage)
            usage = { promptTokens: chunk.usage.prompt_tokens, completionTokens: chunk.usage.completion_tokens }
        }
      } finally {
        hasText ||= text !== ''
        // Also what came together with an error.
        if (text) yield { text }
      }
      if (!text && !isDone) yield { alive: true }
    }
  } catch (error) {
    if (!finish) throw error // after `finish` the answer is complete, and only the rest of the stream is lost
  }
  if (!finish && hasChunk && isDone) finish = 'stop'
  if (!finish) throw hasChunk ? connectionDropped(provider) : malformedAnswer(provider)
  if (finish === 'filtered' && !hasText) throw contentFiltered(provider)
  const asksForCalls = finish === 'stop' && calls.all.length > 0
  if (asksForCalls) yield { toolCalls: calls.all }
  if (usage) yield { usage }
  yield { finish: asksForCalls ? 'tools' : finish }
}

/**
 * The messages up to the final [DONE]. If the answer ends together with it or right after, as it should, it is read to
 * its end: then the next request can use the same connection.
 */
async function* untilDone(response: Response): AsyncGenerator<string[], void, undefined> {
  // Node's own stream, or a web stream.
  const body = (response.body ?? []) as AsyncIterable<Uint8Array> & { destroy?: () => void }
  const all = sseMessages(body)
  for await (const messages of all) {
    yield messages
    if (!messages.some((message) => message.startsWith(doneMessage))) continue
    if (!body.destroy) return
    const giveUp = setTimeout(() => body.destroy?.(), lingerMs)
    await all.next().catch(() => {}) // the answer is complete; whether its connection is lost does not matter
    clearTimeout(giveUp)
    return
  }
}

function parseChunk(message: string, headers: Headers): LenientChunk | null {
  const chunk = JSON.parse(message) as LenientChunk | null
  if (chunk?.error) throw new APIError(undefined, chunk.error, undefined, headers)
  return chunk
}

function finishOf(reason: string): Finish {
  if (reason === 'length' || reason === 'max_tokens') return 'length'
  return reason === 'content_filter' ? 'filtered' : 'stop'
}
