import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isRetryable } from '../event-store/database-errors.js'
import { isOpenAiPath, openAiError } from './openai-api.js'
import { isProblemCode, makeProblem, type Problem } from './problems.js'

/** The only place where an error becomes a problem. */
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
  const problem = problemOf(error, request.id)
  if (reply.sent) return
  const retryAfter = retryAfterOf(error, problem)
  if (retryAfter !== undefined) void reply.header('retry-after', retryAfter)
  const { limit } = (error as { data?: { limit?: number } }).data ?? {}
  if (limit !== undefined)
    void reply.headers({ 'RateLimit-Limit': limit, 'RateLimit-Remaining': 0, 'RateLimit-Reset': retryAfter })
  if (problem.status === 401 && !reply.hasHeader('www-authenticate')) void reply.header('www-authenticate', 'Bearer')
  if (isOpenAiPath(request.url)) {
    const { status, body, headers } = openAiError(problem)
    void reply.status(status).headers(headers).type('application/json').send(body)
    return
  }
  void reply.status(problem.status).type('application/problem+json')
  void reply.send({
    ...problem,
    correlationId: request.id,
    ...(isApiPath(request.url) && { success: false, message: problem.detail }),
  })
}

/** An unexpected error is logged, and its problem tells the caller nothing about it. */
export function problemOf(error: unknown, correlationId: string): Problem {
  const known = knownProblem(error)
  if (!known) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    log.error('a request has failed', { correlation: correlationId, reason })
  }
  return known ?? makeProblem('internal', 'the service has failed; its log has the details under the correlation id')
}

/** Clients of these paths rely on `success` and `message`. */
const isApiPath = (url: string): boolean => /^\/api(\/|$|\?)/.test(url)

function knownProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, data = {} } = error as Error & { code?: unknown; data?: Record<string, unknown> }
  if (isProblemCode(code)) return makeProblem(code, error.message, dataForClients(data))
  if (isRetryable(error))
    return makeProblem('unavailable', 'the database does not answer; repeat the request in a moment')
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown }).statusCode
  return typeof status === 'number' && status < 500 ? problemOfStatus(status, error) : undefined
}

/** The part of an error's data that is meant for clients. A more exact `code` replaces that of the error. */
function dataForClients(data: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    ['errors', 'replyId', 'promptId', 'missing', 'code'].flatMap((name) =>
      data[name] === undefined ? [] : [[name, data[name]]],
    ),
  )
}

/** For what Nest and Fastify refuse by themselves. */
function problemOfStatus(status: number, error: Error): Problem {
  switch (status) {
    case 404:
      return makeProblem('route_not_found', 'there is no such path; /docs lists all of them')
    case 413:
      return makeProblem('too_large', 'the body is larger than a megabyte; send less')
    case 415:
      return makeProblem('unsupported_media_type', 'send the body as application/json')
    case 414:
      return makeProblem('address_too_long', 'a part of the address is too long; shorten it')
    default: {
      const field = (error as { code?: unknown }).code === 'FST_ERR_BAD_URL' ? 'url' : 'body'
      return makeProblem('malformed', error.message, { errors: [{ field, message: error.message }] })
    }
  }
}

/** Seconds. */
export function retryAfterOf(error: unknown, { status }: Problem): number | undefined {
  const { retryAfterMs } = (error as { data?: { retryAfterMs?: number } }).data ?? {}
  if (retryAfterMs !== undefined) return Math.max(1, Math.ceil(retryAfterMs / 1000))
  return status === 503 ? 1 : undefined
}
