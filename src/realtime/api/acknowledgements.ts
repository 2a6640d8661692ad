import { randomUUID } from 'node:crypto'
import { problemOf, retryAfterOf } from '../../http/problem.filter.js'

export type Ack = ({ ok: true } & object) | NegativeAck

/** The codes and details of the problems over HTTP; `errors` names the fields. */
export interface NegativeAck {
  ok: false
  code: string
  detail: string
  errors?: { field: string; message: string }[]
  /** Seconds. */
  retryAfter?: number
  /** Finds an internal error in the service's log. */
  correlationId?: string
}

export function negativeAck(error: unknown, correlationId: string): NegativeAck {
  const problem = problemOf(error, correlationId)
  const { type: _, title: __, status: ___, ...shown } = problem
  const retryAfter = retryAfterOf(error, problem)
  return {
    ok: false,
    ...shown,
    ...(retryAfter !== undefined && { retryAfter }),
    ...(problem.code === 'internal' && { correlationId }),
  }
}

/** What a refused client finds in `connect_error`: the detail as its message, and all of it in `data`. */
export function connectError(error: unknown): Error {
  const { ok: _, ...data } = negativeAck(error, randomUUID())
  return Object.assign(new Error(data.detail), { data })
}
