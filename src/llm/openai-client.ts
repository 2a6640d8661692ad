import { APIError, OpenAI } from 'openai'

export interface OpenAiOptions {
  apiKey?: string
  /** Of any server that speaks OpenAI's language; OpenAI's own unless given. */
  baseUrl?: string
}

/**
 * OpenAI's client, with nothing from the environment and without its own retries and its own log: it would print the
 * line it cannot parse, which is a part of somebody's answer.
 */
export function openAiClient({ apiKey, baseUrl }: OpenAiOptions): OpenAI {
  return new Client({
    apiKey: apiKey ?? 'none',
    // Many a server of one's own knows no keys; null keeps the header out.
    defaultHeaders: apiKey ? undefined : { Authorization: null },
    baseURL: baseUrl ?? 'https://api.openai.com/v1',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    logLevel: 'off',
  })
}

class Client extends OpenAI {
  /** The client keeps the body's `error` only; vLLM, Mistral and others say what is wrong elsewhere in it. */
  protected override makeStatusError(
    status: number,
    body: object | undefined,
    message: string | undefined,
    headers: Headers,
  ): APIError {
    return new APIError(status, body ?? { message }, undefined, headers)
  }
}
