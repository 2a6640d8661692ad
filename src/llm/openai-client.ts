import { APIConnectionError, APIConnectionTimeoutError, APIError, OpenAI } from 'openai'
import { lightFetch } from './light-fetch.js'
import { connectionError, refusalError, requestTimedOut, type RequestTarget, unreachable } from './provider-failures.js'

export interface OpenAiOptions {
  apiKey?: string
  /** The address of any server with OpenAI's API. Without it: OpenAI's own. */
  baseUrl?: string
}

/**
 * OpenAI's client. It takes nothing from the environment and makes no retries. Its log is off: it would print a line
 * that it cannot parse, which is a part of somebody's answer.
 */
export function openAiClient({ apiKey, baseUrl }: OpenAiOptions): OpenAI {
  return new Client({
    apiKey: apiKey ?? 'none',
    // Many private servers need no key; null leaves the header out.
    defaultHeaders: apiKey ? undefined : { Authorization: null },
    baseURL: baseUrl ?? 'https://api.openai.com/v1',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    logLevel: 'off',
    fetch: lightFetch,
  })
}

class Client extends OpenAI {
  /** Keeps the whole body. The client would keep its `error` only, and vLLM, Mistral and others use other fields. */
  protected override makeStatusError(
    status: number,
    body: object | undefined,
    message: string | undefined,
    headers: Headers,
  ): APIError {
    return new APIError(status, body ?? { message }, undefined, headers)
  }
}

/** Explains an error that the client has thrown. */
export function openAiFault(target: RequestTarget, error: unknown): Error {
  if (error instanceof APIConnectionTimeoutError) return requestTimedOut(target.provider)
  if (error instanceof APIConnectionError) return unreachable(target.provider, error)
  if (!(error instanceof APIError)) return connectionError(target, error)
  const body: unknown = error.error
  // An error in the middle of an answer has no status; some servers put a number into its code.
  const { status = statusIn((body as { code?: unknown } | undefined)?.code), headers } = error as {
    status?: number
    headers?: Headers
  }
  return refusalError(target, { status, headers, body })
}

const statusIn = (code: unknown) => (Number(code) >= 400 && Number(code) < 600 ? Number(code) : undefined)
