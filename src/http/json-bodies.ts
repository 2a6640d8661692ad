import type { FastifyInstance } from 'fastify'
import { Refused } from '../event-store/errors.js'

/** No request needs more levels. Functions that read bodies call themselves for each level. */
const maxDepth = 50

/**
 * A body is one JSON object. Forms and plain text are not read as one, because any web page may send those in its
 * visitors' name. An empty body counts as none, whatever its type.
 */
export function readJsonBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error')
  fastify.removeContentTypeParser('text/plain')
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text: string, done) => {
    if (text === '') return done(null)
    void parse(request, text, (error, body: unknown) => done(error ?? checkBody(body), body))
  })
}

function checkBody(body: unknown): Refused | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return malformed('must be a JSON object')
  return isDeeperThan(maxDepth, body) ? malformed(`has more than ${maxDepth} levels`) : null
}

const malformed = (message: string) =>
  new Refused('malformed', `the body ${message}`, { errors: [{ field: 'body', message }] })

const isDeeperThan = (levels: number, value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inside) => isDeeperThan(levels - 1, inside)))
