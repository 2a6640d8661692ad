import type { ChatCompletionCreateParamsStreaming, ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { CompletionRequest, PromptMessage } from './provider.js'

export type OpenAiRequest = ChatCompletionCreateParamsStreaming

/** What not every server and model takes; the least often known first. */
const optional = ['stream_options', 'max_tokens', 'temperature'] as const
export type OptionalParameter = (typeof optional)[number]

/** Compatible servers know `max_tokens`; OpenAI's reasoning models only its successor. */
export function openAiRequest(
  { model, messages, temperature, maxTokens }: CompletionRequest,
  leftOut: ReadonlySet<OptionalParameter>,
): OpenAiRequest {
  return {
    model,
    messages: messages.map(withAcceptableName),
    stream: true,
    stream_options: leftOut.has('stream_options') ? undefined : { include_usage: true },
    temperature: leftOut.has('temperature') ? undefined : temperature,
    [leftOut.has('max_tokens') ? 'max_completion_tokens' : 'max_tokens']: maxTokens,
  }
}

/** A name that OpenAI does not accept would fail the whole request. */
function withAcceptableName({ role, content, name }: PromptMessage): ChatCompletionMessageParam {
  return name && /^[\w-]{1,64}$/.test(name) ? { role, content, name } : { role, content }
}

/**
 * Which parameter to leave out after a refusal: the one it names as unsupported; and if it names nothing at all, the
 * one that is least often known. A parameter with a wrong value stays wrong, so its refusal stands.
 */
export function unsupportedParameter(
  request: OpenAiRequest,
  status: number | undefined,
  body: unknown,
): OptionalParameter | undefined {
  if (status !== 400 && status !== 422) return undefined
  const text = JSON.stringify(body)
  const left = optional.filter((parameter) => request[parameter] !== undefined)
  const named = left.find((parameter) => text.includes(parameter))
  if (named) return saysUnsupported.test(text) ? named : undefined
  const { error } = (body ?? {}) as { error?: { param?: unknown; code?: unknown } }
  return error?.param || error?.code ? undefined : left.find((parameter) => parameter === 'stream_options')
}

const saysUnsupported =
  /not.?support|unsupported|unrecogni[sz]ed|unknown|unexpected|forbidden|extra|permitted|not allowed/i
