import { setTimeout as pause } from 'node:timers/promises'
import type { Answered, Client } from '../../support/world.js'
import type { Journal } from './journal.js'

/** One try may hang in a process that is frozen; then another process is asked. */
const longestTryMs = 20_000
/** Nobody waits for longer than all faults together last. */
const patienceMs = 180_000
/** The service says of these that the request may be repeated. */
const isPassing = (status: number) => status === 503 || status === 429 || status === 408

/**
 * A client that never gives up, as the README tells clients to be: whatever goes wrong, it sends the same request with
 * the same key again, to another process each time.
 */
export class PatientClient {
  private turn = 0
  /** Of the newest command that was acknowledged. */
  lastPosition = 0

  constructor(
    readonly client: Client,
    private readonly urls: readonly string[],
    private readonly journal: Journal,
  ) {}

  /** Somebody else, who goes to the same processes. */
  as(client: Client): PatientClient {
    return new PatientClient(client, this.urls, this.journal)
  }

  /** The same person, at the next process. */
  next(): Client {
    return this.client.at(this.urls[this.turn++ % this.urls.length]!)
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answered> {
    return this.ask('GET', path, undefined, headers)
  }

  /** A command: a repeat is not a second one, and its position in the log is after that of the one before. */
  async command(method: string, path: string, body: unknown, key: string): Promise<Answered> {
    const answered = await this.ask(method, path, body, { 'idempotency-key': key })
    const position = Number(answered.headers.get('log-position') ?? 0)
    if (position > 0) {
      if (position <= this.lastPosition)
        this.journal.violation(
          'positions of one client never decrease',
          `${method} ${path}: ${position} after ${this.lastPosition}`,
        )
      this.lastPosition = position
    }
    return answered
  }

  /** Until there is an answer that says something about the request. */
  async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answered> {
    const since = Date.now()
    for (let last = ''; ; await pause(100)) {
      try {
        const answered = await this.once(this.next().with(headers), method, path, body)
        const { status } = answered
        if (status === 500)
          this.journal.violation('no answer is 500', `${method} ${path}: ${JSON.stringify(answered.body)}`)
        else if (!isPassing(status)) return answered
        last = `${status} ${JSON.stringify(answered.body)}`
      } catch (error) {
        last = String((error as Error).cause ?? error)
      }
      this.journal.count('repeated requests')
      if (Date.now() - since < patienceMs) continue
      this.journal.violation(
        'every request is answered in the end',
        `${method} ${path}: ${last} after ${patienceMs} ms`,
      )
      throw new Unanswered(`${method} ${path}: ${last}`)
    }
  }

  private async once(client: Client, method: string, path: string, body: unknown): Promise<Answered> {
    const response = await client.fetch(method, path, body, AbortSignal.timeout(longestTryMs))
    const bytes = Buffer.from(await response.arrayBuffer())
    const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? JSON.parse(bytes.toString()) : bytes.toString(),
    }
  }
}

/** It is in the journal already. */
export class Unanswered extends Error {}

export function must({ status, body }: Answered, ...statuses: number[]): void {
  if (!statuses.includes(status)) throw new Error(`${status} ${JSON.stringify(body)}`)
}

/** Whether the answer says that it comes from a model without all that the caller has written. */
export const isBehind = (headers: Headers, ...models: string[]) =>
  models.some((model) =>
    headers
      .get('read-models-behind')
      ?.split(', ')
      .some((behind) => behind.startsWith(`${model};`)),
  )
