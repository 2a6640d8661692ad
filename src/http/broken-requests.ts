import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Refused } from '../event-store/errors.js'
import { sendProblem } from './problem.filter.js'
import { makeProblem } from './problems.js'

type ClientError = Error & { code?: string; rawPacket?: unknown }

/** Options of Fastify: requests that fail before a route is found for them are answered as problems, too. */
export const brokenRequests = {
  /** The address cannot be parsed. */
  frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply): void => {
    void reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store' }) // no hook runs
    sendProblem(error, request, reply)
  },
  /** The bytes are no HTTP request, so there is no reply object: the answer is written to the socket. */
  clientErrorHandler: (error: ClientError, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return
    if (socket.writable) socket.write(responseTo(error))
    socket.destroy(error)
  },
}

/** Node would refuse a request without a host by itself, without a problem (its option `requireHostHeader`). */
export function requireHost(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async ({ raw: { httpVersion }, headers }) => {
    if (headers.host === undefined && httpVersion === '1.1')
      throw new Refused('malformed', 'the header Host is missing')
  })
}

function responseTo({ code, rawPacket }: ClientError): string {
  const { status, ...problem } = brokenRequestProblem(code)
  const correlationId = randomUUID()
  const body = JSON.stringify({ ...problem, status, correlationId })
  const headers = [
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${correlationId}`,
    'cache-control: no-store',
    'connection: close',
  ]
  const isHead = Buffer.isBuffer(rawPacket) && rawPacket.subarray(0, 5).toString() === 'HEAD ' // then a body would be read as another answer
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...headers, '', isHead ? '' : body].join('\r\n')
}

function brokenRequestProblem(code: string | undefined) {
  if (code === 'HPE_HEADER_OVERFLOW')
    return makeProblem('headers_too_large', 'the address and the headers are larger than 16 KB together; send less')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return makeProblem('request_timeout', 'the request did not arrive in time')
  return makeProblem('malformed', 'this is not an HTTP request')
}
