import { isOpenAiPath } from '../../../src/http/openai-api.js'
import type { Contract, Operation } from '../api/contract.js'
import type { AnswerSchemas } from './answer-schemas.js'
import type { Attacker } from './attacker.js'
import type { Shot, Shown } from './exchange.js'

const canaries = /CANARY-[a-z]+-\d+/g
const inside = /node_modules|\.(js|ts):\d+|\n? {4}at |MongoServerError|MongoError|ReplyError|E11000|\bioredis\b/
/** What the address itself may be refused with, before it is known whether it leads anywhere. */
const ofAddresses = new Set([400, 404, 405, 413, 414, 415, 431])

/** Finds the operation that a request reaches: of several, the one whose path has the most words. */
export class Routes {
  private readonly routes: { words: string[]; operation: Operation }[]

  constructor(contract: Contract) {
    const literal = (words: string[]) => words.filter((word) => !word.startsWith('{')).length
    this.routes = contract.operations
      .map((operation) => ({ words: wordsOf(operation.path), operation }))
      .toSorted((a, b) => literal(b.words) - literal(a.words))
  }

  of({ method, path }: Shot): Operation | undefined {
    const words = wordsOf(path.replace(/\?.*$/s, ''))
    const asked = method === 'HEAD' ? 'GET' : method
    return this.routes.find(
      ({ words: ours, operation }) =>
        operation.method === asked &&
        ours.length === words.length &&
        ours.every((word, i) => (word.startsWith('{') ? words[i] !== '' : word === words[i])),
    )?.operation
  }
}

/** Slashes that are doubled, or at the end, never matter. */
const wordsOf = (path: string) => path.replaceAll(/\/+/g, '/').replace(/\/$/, '').split('/')

/** Too large headers are refused before the address is read. */
const addressUnread = 431

const isDecodable = (path: string): boolean => {
  try {
    return decodeURI(path) !== ''
  } catch {
    return false
  }
}

/** Everything that is wrong with an answer. */
export function* faultsOf(
  attacker: Attacker,
  operation: Operation | undefined,
  schemas: AnswerSchemas,
  shot: Shot,
  { status, headers, text, isCut }: Shown,
): Generator<string> {
  const type = String(headers['content-type'] ?? '')
  if (inside.test(text)) yield 'shows its inside'
  if (shot.method === 'OPTIONS') {
    if (status !== 204 && status !== addressUnread && !(status === 400 && !isDecodable(shot.path)))
      yield `${status} for OPTIONS`
    return
  }
  if (!operation) {
    if (!ofAddresses.has(status)) yield `${status}, and there is no such operation`
  } else {
    if (!(status in operation.responses)) yield `${status} is not documented`
    else if (shot.method !== 'HEAD' && !isCut) {
      const fault = schemas.faultOf(operation, status, type, text)
      if (fault !== undefined) yield `${status} ${fault}`
    }
  }
  if (status >= 400 && shot.method !== 'HEAD')
    yield* isOpenAiPath(shot.path) && status !== addressUnread
      ? openAiFaults(type, text, status)
      : problemFaults(type, text, status)
  if (status !== 503 && status !== 502 && status >= 500) yield `${status}`
  const maySeeOthers = operation?.roles && attacker.role !== 'user'
  const foreign = (text.match(canaries) ?? []).find((found) => found !== attacker.canary)
  if (foreign !== undefined && !maySeeOthers && !mayReadOthers(attacker, operation)) yield `shows ${foreign}`
  if (!/no-store|max-age/.test(String(headers['cache-control'] ?? ''))) yield 'may be stored: no cache-control'
}

/** Auditors may read anybody's messages, and admins list anybody's chats: docs/security.md. */
const mayReadOthers = ({ role }: Attacker, operation?: Operation) =>
  ((role === 'auditor' || role === 'admin') && operation?.path.endsWith('/receipt')) ||
  (role === 'admin' && operation?.operationId === 'Chats_list')

function* openAiFaults(type: string, text: string, status: number): Generator<string> {
  if (!type.startsWith('application/json')) return yield `${status} is no error of OpenAI's kind but ${type}`
  const { error } = JSON.parse(text) as { error?: { message?: unknown } }
  if (typeof error?.message !== 'string') yield `${status} has no message`
}

function* problemFaults(type: string, text: string, status: number): Generator<string> {
  if (!type.startsWith('application/problem+json')) return yield `${status} is no problem document but ${type}`
  const problem = JSON.parse(text) as Record<string, unknown>
  if (problem.status !== status) yield `${status} says ${String(problem.status)}`
}
