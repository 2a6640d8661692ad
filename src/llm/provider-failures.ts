import { ProviderError } from './provider-error.js'
import { retryAfterMs } from './retry-after.js'

/** Who was asked, and for what. */
export interface RequestTarget {
  provider: string
  model?: string
}

/** What a provider answers instead of an answer. The status is not known when it says so in the middle of one. */
export interface ProviderRefusal {
  status?: number
  headers?: Headers
  body: unknown
}

/** Codes and phrases by which servers say the same thing; each has its own. */
const refusalPatterns = {
  tooLong: /context_length_exceeded|context.?(length|window|size)|maximum context|prompt is too long|too many tokens/i,
  filtered: /content_filter|content_policy|content management policy|ResponsibleAIPolicy|moderation/i,
  noQuota: /insufficient_quota|billing_hard_limit|billing_not_active/i,
  tooMany: /rate.?limit|too_many_requests|\b429\b/i,
}

export function refusalError(
  { provider, model }: RequestTarget,
  { status, headers, body }: ProviderRefusal,
): ProviderError {
  const text = JSON.stringify(body) ?? ''
  const wait = { retryAfterMs: headers && retryAfterMs(headers) }
  const again = `Try again ${wait.retryAfterMs === undefined ? 'shortly' : `in ${Math.ceil(wait.retryAfterMs / 1000)} seconds`}.`
  if (status === 401 || (status === 403 && !refusalPatterns.filtered.test(text))) {
    return new ProviderError(
      'provider_unauthorized',
      `${provider} does not accept the key of this service. ${operator}`,
    )
  }
  if (status === 402 || refusalPatterns.noQuota.test(text)) {
    return new ProviderError(
      'provider_quota_exceeded',
      `The quota of this service at ${provider} is used up. ${operator}`,
    )
  }
  if (status === 404) {
    return new ProviderError(
      'unknown_model',
      `${provider} does not have the model ${quotedName(model)}, or its address is wrong. Choose another model.`,
    )
  }
  if (status === 429 || (!status && refusalPatterns.tooMany.test(text))) {
    return new ProviderError(
      'provider_rate_limited',
      `${provider} gets too many requests at the moment. ${again}`,
      wait,
    )
  }
  if (status === 408) return new ProviderError('provider_timeout', `${provider} took too long. ${again}`, wait)
  if (status === 409 || (status && status >= 500)) {
    return new ProviderError('provider_unavailable', `${provider} has a fault of its own (${status}). ${again}`, wait)
  }
  if (status === 413 || refusalPatterns.tooLong.test(text)) {
    const advice = 'Shorten the prompt, or ask for a shorter answer.'
    return new ProviderError(
      'context_too_long',
      `The conversation is too long for the model ${quotedName(model)} of ${provider}. ${advice}`,
    )
  }
  if (refusalPatterns.filtered.test(text)) return contentFiltered(provider)
  if (!status)
    return new ProviderError('provider_unavailable', `${provider} had a fault of its own while it answered. ${again}`)
  const what = [status, ...identifiers(body)].join(', ')
  return new ProviderError(
    'provider_rejected',
    `${provider} declined the request (${what}). Change the model or its settings.`,
  )
}

const operator = 'The service’s operator must see to it.'

/** An error from beneath: of the connection, or of the answer's form. Any other is no provider's fault and stays as it is. */
export function connectionError({ provider }: RequestTarget, error: unknown): Error {
  const { name, message } = error as Error
  // By name: an error may come from another realm, as everything of Node's does under Jest.
  if (name === 'SyntaxError') return malformedAnswer(provider)
  if (name === 'TypeError' && (message === 'terminated' || message === 'fetch failed'))
    return unreachable(provider, error)
  return error as Error
}

export function unreachable(provider: string, error: unknown): ProviderError {
  const code = systemCode(error)
  if (code?.includes('TIME')) return tookTooLong(provider)
  if (!code || code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') return connectionDropped(provider)
  return new ProviderError(
    'provider_unavailable',
    `${provider} cannot be reached (${code}). Try again; if it stays so: ${operator}`,
  )
}

export const tookTooLong = (provider: string) =>
  new ProviderError('provider_timeout', `${provider} took too long. Try again.`)

export const connectionDropped = (provider: string) =>
  new ProviderError(
    'provider_unavailable',
    `The connection to ${provider} broke before the answer was complete. Try again.`,
  )

export const malformedAnswer = (provider: string) =>
  new ProviderError('malformed_answer', `${provider} sent something that is no answer. Try again.`)

export const contentFiltered = (provider: string) =>
  new ProviderError(
    'content_filtered',
    `The content filter of ${provider} does not let this be answered. Put it in other words.`,
  )

/** A name that came from the client, as it may be shown to it. */
export const quotedName = (name = '') =>
  JSON.stringify(name.length > 100 ? `${name.slice(0, 100).toWellFormed()}…` : name)

/** The deepest ECONNREFUSED, ENOTFOUND, UND_ERR_SOCKET … */
function systemCode(error: unknown): string | undefined {
  const { cause, code } = (error ?? {}) as { cause?: unknown; code?: unknown }
  return (
    (cause ? systemCode(cause) : undefined) ??
    (typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? code : undefined)
  )
}

/** What is at fault, in the provider's word: `invalid_value`, `max_tokens`. No key and no prompt looks like that. */
function identifiers(body: unknown): string[] {
  const { error } = (body ?? {}) as { error?: { code?: unknown; param?: unknown } }
  return [error?.code, error?.param].filter(
    (word) => typeof word === 'string' && /^[a-z_]{1,40}$/.test(word),
  ) as string[]
}
