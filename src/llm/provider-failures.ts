import { ProviderError } from './provider-error.js'

/** The provider that was asked, and the model. */
export interface RequestTarget {
  provider: string
  model?: string
}

/** An error that a provider sent. In the middle of an answer it comes without a status. */
export interface ProviderRefusal {
  status?: number
  headers?: Headers
  body: unknown
}

/** The codes and phrases of various servers for the same errors. */
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
  const retry = { retryAfterMs: headers && retryAfterMs(headers) }
  const again = `Try again ${retry.retryAfterMs === undefined ? 'shortly' : `in ${Math.ceil(retry.retryAfterMs / 1000)} seconds`}.`
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
      retry,
    )
  }
  if (status === 408) return new ProviderError('provider_timeout', `${provider} took too long. ${again}`, retry)
  if (status === 409 || (status && status >= 500)) {
    return new ProviderError('provider_unavailable', `${provider} has an internal error (${status}). ${again}`, retry)
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
    return new ProviderError('provider_unavailable', `${provider} had an internal error while it answered. ${again}`)
  const what = [status, ...identifiers(body)].join(', ')
  return new ProviderError(
    'provider_rejected',
    `${provider} declined the request (${what}). Change the model or its settings.`,
  )
}

const operator = 'The operator of this service must fix that.'

/**
 * Explains an error of the connection, or of the answer's form. Any other error is not the provider's and is returned
 * as it is.
 */
export function connectionError({ provider }: RequestTarget, error: unknown): Error {
  const { name, message, code } = error as NodeJS.ErrnoException
  if (name === 'SyntaxError') return malformedAnswer(provider)
  if (name === 'TypeError' && (message === 'terminated' || message === 'fetch failed'))
    return unreachable(provider, error)
  if (code && /^E[A-Z]+$/.test(code)) return unreachable(provider, error) // of Node's sockets
  return error as Error
}

export function unreachable(provider: string, error: unknown): ProviderError {
  const code = systemCode(error)
  if (code?.includes('TIME')) return requestTimedOut(provider)
  if (!code || code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') return connectionDropped(provider)
  return new ProviderError(
    'provider_unavailable',
    `${provider} cannot be reached (${code}). Try again. If that does not help: ${operator}`,
  )
}

export const requestTimedOut = (provider: string) =>
  new ProviderError('provider_timeout', `${provider} took too long. Try again.`)

export const connectionDropped = (provider: string) =>
  new ProviderError(
    'provider_unavailable',
    `The connection to ${provider} broke before the answer was complete. Try again.`,
  )

export const malformedAnswer = (provider: string) =>
  new ProviderError('malformed_answer', `${provider} sent an answer that cannot be read. Try again.`)

export const contentFiltered = (provider: string) =>
  new ProviderError(
    'content_filtered',
    `The content filter of ${provider} does not allow an answer to this. Write it in other words.`,
  )

/** A name that came from a client, in a form that may be shown to it. */
export const quotedName = (name = '') =>
  JSON.stringify(name.length > 100 ? `${name.slice(0, 100).toWellFormed()}…` : name)

/** The innermost of the causes' codes: ECONNREFUSED, ENOTFOUND, UND_ERR_SOCKET … */
function systemCode(error: unknown): string | undefined {
  const { cause, code } = (error ?? {}) as { cause?: unknown; code?: unknown }
  return (
    (cause ? systemCode(cause) : undefined) ??
    (typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? code : undefined)
  )
}

/** The provider's own codes for what is wrong: `invalid_value`, `max_tokens`. No key and no prompt looks like one. */
function identifiers(body: unknown): string[] {
  const { error } = (body ?? {}) as { error?: { code?: unknown; param?: unknown } }
  return [error?.code, error?.param].filter(
    (word) => typeof word === 'string' && /^[a-z_]{1,40}$/.test(word),
  ) as string[]
}

/** How long a server asks us to wait: `retry-after-ms`, or `retry-after` in seconds or as a date. */
export function retryAfterMs(headers: Headers, now = Date.now()): number | undefined {
  const ms = numberIn(headers.get('retry-after-ms'))
  if (ms !== undefined) return ms
  const text = headers.get('retry-after')
  const seconds = numberIn(text)
  if (seconds !== undefined) return Math.ceil(seconds * 1000)
  const date = Date.parse(text ?? '')
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

const numberIn = (text: string | null): number | undefined =>
  text && /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined
