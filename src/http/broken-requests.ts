import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from './problem.filter.js'
import { problem } from './problems.js'

/** For Fastify: requests that end before a route is found for them are answered as problems, too. */
export const brokenRequests = {
  /** An address that is no address. */
  frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply): void => {
    void reply.header('x-request-id', request.id)
    sendProblem(error, request, reply)
  },
  /** Bytes that are no request; nobody but the socket is there to answer. */
  clientErrorHandler: (error: Error & { code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return
    if (socket.writable) socket.write(responseTo(error))
    socket.destroy(error)
  },
}

function responseTo({ code }: { code?: string }): string {
  const { status, ...found } = problemOf(code)
  const correlationId = randomUUID()
  const body = JSON.stringify({ ...found, status, correlationId })
  const headers = [
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${correlationId}`,
    'connection: close',
  ]
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...headers, '', body].join('\r\n')
}

function problemOf(code: string | undefined) {
  if (code === 'HPE_HEADER_OVERFLOW')
    return problem('headers_too_large', 'the address and the headers together are too large; 16 KB are the most')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return problem('request_timeout', 'the request did not arrive in time')
  return problem('malformed', 'this is no HTTP request')
}
