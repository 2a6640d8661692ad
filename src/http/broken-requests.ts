import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from './problem.filter.js'
import { makeProblem } from './problems.js'

/** Options of Fastify: requests that fail before a route is found for them are answered as problems, too. */
export const brokenRequests = {
  /** The address cannot be parsed. */
  frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply): void => {
    void reply.header('x-request-id', request.id)
    sendProblem(error, request, reply)
  },
  /** The bytes are no HTTP request, so there is no reply object: the answer is written to the socket. */
  clientErrorHandler: (error: Error & { code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return
    if (socket.writable) socket.write(responseTo(error))
    socket.destroy(error)
  },
}

function responseTo({ code }: { code?: string }): string {
  const { status, ...problem } = brokenRequestProblem(code)
  const correlationId = randomUUID()
  const body = JSON.stringify({ ...problem, status, correlationId })
  const headers = [
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${correlationId}`,
    'connection: close',
  ]
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...headers, '', body].join('\r\n')
}

function brokenRequestProblem(code: string | undefined) {
  if (code === 'HPE_HEADER_OVERFLOW')
    return makeProblem('headers_too_large', 'the address and the headers are larger than 16 KB together; send less')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return makeProblem('request_timeout', 'the request did not arrive in time')
  return makeProblem('malformed', 'this is not an HTTP request')
}
