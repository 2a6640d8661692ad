import type { FastifyInstance } from 'fastify'
import { Refused } from '../event-store/errors.js'

/** Deeper than any request needs; what reads bodies goes down into them by calling itself. */
const maxDepth = 50

/**
 * A body is one JSON object, and nothing else is read as one: neither forms nor plain text, which any web page may send
 * in its visitors' name. An empty body is none, whatever its type.
 */
export function readJsonBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error')
  fastify.removeContentTypeParser('text/plain')
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text: string, done) => {
    if (text === '') return done(null)
    void parse(request, text, (error, body: unknown) => done(error ?? refusalOf(body), body))
  })
}

function refusalOf(body: unknown): Refused | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return refused('must be a JSON object')
  return isDeeperThan(maxDepth, body) ? refused('is nested too deeply') : null
}

const refused = (message: string) =>
  new Refused('malformed', `the body ${message}`, { errors: [{ field: 'body', message }] })

const isDeeperThan = (levels: number, value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inside) => isDeeperThan(levels - 1, inside)))
