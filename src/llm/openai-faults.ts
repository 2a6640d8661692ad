import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai'
import { type RequestTarget, connectionError, refusalError, tookTooLong, unreachable } from './provider-failures.js'

/** What the client throws, as what it means. */
export function openAiFault(asked: RequestTarget, error: unknown): Error {
  if (error instanceof APIConnectionTimeoutError) return tookTooLong(asked.provider)
  if (error instanceof APIConnectionError) return unreachable(asked.provider, error)
  if (!(error instanceof APIError)) return connectionError(asked, error)
  const body: unknown = error.error
  // Without a status it came in the middle of an answer; some servers put a number there.
  const { status = numeric((body as { code?: unknown } | undefined)?.code), headers } = error as {
    status?: number
    headers?: Headers
  }
  return refusalError(asked, { status, headers, body })
}

const numeric = (code: unknown) => (Number(code) >= 400 && Number(code) < 600 ? Number(code) : undefined)
