import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isRetryable } from '../event-store/database-errors.js'
import { isProblemCode, type Problem, problem } from './problems.js'

/** Every error becomes a problem here, and only here. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error
    const http = host.switchToHttp()
    sendProblem(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>())
  }
}

const log = new Logger('Request')

export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const found = problemOf(error, request.id)
  if (reply.sent) return
  const retryAfter = retryAfterOf(error, found)
  if (retryAfter !== undefined) void reply.header('retry-after', retryAfter)
  if (found.status === 401 && !reply.hasHeader('www-authenticate')) void reply.header('www-authenticate', 'Bearer')
  void reply.status(found.status).type('application/problem+json')
  void reply.send({
    ...found,
    correlationId: request.id,
    ...(isApiPath(request.url) && { success: false, message: found.detail }),
  })
}

/** What nobody foresaw says nothing of its inside to the caller. */
export function problemOf(error: unknown, correlationId: string): Problem {
  const known = knownProblem(error)
  if (!known) log.error(`${correlationId} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  return known ?? problem('internal', 'something went wrong here; the correlation id names this request in our log')
}

/** Documents 2, 4 and 5 promise `success` and `message` to their clients. */
export const isApiPath = (url: string): boolean => /^\/api(\/|$|\?)/.test(url)

function knownProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, data = {} } = error as Error & { code?: unknown; data?: Record<string, unknown> }
  if (isProblemCode(code)) return problem(code, error.message, dataForClients(data))
  if (isRetryable(error)) return problem('unavailable', 'the database does not answer; repeat the request in a moment')
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown }).statusCode
  return typeof status === 'number' && status < 500 ? problemOfStatus(status, error) : undefined
}

/** Of what an error carries, the edge shows what it knows to be meant for callers; a code that says more comes last. */
function dataForClients(data: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    ['errors', 'replyId', 'promptId', 'missing', 'code'].flatMap((name) =>
      data[name] === undefined ? [] : [[name, data[name]]],
    ),
  )
}

/** What Nest and Fastify refuse before a handler of ours is reached. */
function problemOfStatus(status: number, error: Error): Problem {
  switch (status) {
    case 404:
      return problem('route_not_found', 'there is nothing here; /docs has every path')
    case 413:
      return problem('too_large', 'the body is too large; a megabyte is the most')
    case 415:
      return problem('unsupported_media_type', 'send the body as application/json')
    case 414:
      return problem('address_too_long', 'a part of the address is too long')
    default: {
      const field = (error as { code?: unknown }).code === 'FST_ERR_BAD_URL' ? 'url' : 'body'
      return problem('malformed', error.message, { errors: [{ field, message: error.message }] })
    }
  }
}

/** Seconds. */
export function retryAfterOf(error: unknown, { status }: Problem): number | undefined {
  const { retryAfterMs } = (error as { data?: { retryAfterMs?: number } }).data ?? {}
  if (retryAfterMs !== undefined) return Math.max(1, Math.ceil(retryAfterMs / 1000))
  return status === 503 ? 1 : undefined
}
