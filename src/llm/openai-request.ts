import type { ChatCompletionCreateParamsStreaming, ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import type { AnswerForm, CompletionRequest, PromptMessage } from './provider.js'

export type OpenAiRequest = ChatCompletionCreateParamsStreaming

/** Parameters that not every server and model accepts; the least widely accepted first. */
const optionalParameters = ['stream_options', 'max_tokens', 'temperature'] as const
export type OptionalParameter = (typeof optionalParameters)[number]

/** Compatible servers accept `max_tokens`; OpenAI's reasoning models accept only its successor. */
export function openAiRequest(
  {
    model,
    messages,
    temperature,
    maxTokens,
    topP,
    seed,
    presencePenalty,
    frequencyPenalty,
    stop,
    responseFormat,
  }: CompletionRequest,
  leftOut: ReadonlySet<OptionalParameter>,
): OpenAiRequest {
  return {
    model,
    messages: messages.map(asParam),
    stream: true,
    stream_options: leftOut.has('stream_options') ? undefined : { include_usage: true },
    temperature: leftOut.has('temperature') ? undefined : temperature,
    [leftOut.has('max_tokens') ? 'max_completion_tokens' : 'max_tokens']: maxTokens,
    top_p: topP,
    seed,
    presence_penalty: presencePenalty,
    frequency_penalty: frequencyPenalty,
    stop: stop && [...stop],
    response_format: responseFormat && asResponseFormat(responseFormat),
  }
}

function asResponseFormat(form: AnswerForm): OpenAiRequest['response_format'] {
  if (form.type !== 'json_schema') return form
  const { type, ...schema } = form
  return { type, json_schema: schema }
}

/** Leaves out a name that OpenAI would refuse the whole request for. */
function asParam({ role, content, name, images }: PromptMessage): ChatCompletionMessageParam {
  if (role === 'user' && images) {
    const parts = images.map(({ type, base64 }) => ({
      type: 'image_url' as const,
      image_url: { url: `data:${type};base64,${base64}` },
    }))
    return { role, content: [{ type: 'text', text: content }, ...parts] }
  }
  return name && /^[\w-]{1,64}$/.test(name) ? { role, content, name } : { role, content }
}

/**
 * The parameter to leave out after a refusal: the one that the refusal names as unsupported, or, if it names nothing,
 * `stream_options`. Undefined when a parameter has a wrong value: leaving it out would not be what the client asked
 * for.
 */
export function unsupportedParameter(
  request: OpenAiRequest,
  status: number | undefined,
  body: unknown,
): OptionalParameter | undefined {
  if (status !== 400 && status !== 422) return undefined
  const text = JSON.stringify(body)
  const sent = optionalParameters.filter((parameter) => request[parameter] !== undefined)
  const rejected = sent.find((parameter) => text.includes(parameter))
  if (rejected) return saysUnsupported.test(text) ? rejected : undefined
  const { error } = (body ?? {}) as { error?: { param?: unknown; code?: unknown } }
  return error?.param || error?.code ? undefined : sent.find((parameter) => parameter === 'stream_options')
}

const saysUnsupported =
  /not.?support|unsupported|unrecogni[sz]ed|unknown|unexpected|forbidden|extra|permitted|not allowed/i
