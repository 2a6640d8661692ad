import { Injectable } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refused } from '../../event-store/errors.js'
import { badCredentials } from '../../http/admit.guard.js'
import { Authenticator, type Credentials } from '../../commands/caller.js'
import { credentialsOf } from '../../http/identify.guard.js'
import { Limits } from '../../http/limits.js'
import { requireScope } from '../../http/scopes.js'
import { sendProblem } from '../../http/problem.filter.js'

/**
 * Admits admins to the queue board. A browser asks for a name and a password: the password is an API key, the name does
 * not matter. Requests count towards the limits like all others, so that nobody can guess keys here.
 */
@Injectable()
export class BoardAccess {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly limits: Limits,
  ) {}

  readonly check = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | void> => {
    try {
      await this.admit(request)
    } catch (error) {
      void reply.header('www-authenticate', 'Basic realm="Verbatim", charset="UTF-8"')
      sendProblem(error, request, reply)
      return reply
    }
  }

  private async admit(request: FastifyRequest): Promise<void> {
    const credentials = credentialsOf(request) ?? basic(request)
    const caller = credentials && (await this.authenticator.authenticate(credentials))
    request.caller = caller
    request.isCounted = true // below
    await (caller ? this.limits.countRequest(caller) : this.limits.countAnonymous(request.ip))
    if (!credentials)
      throw new Refused('unauthenticated', 'the password is an API key of an admin; the name does not matter')
    if (!caller) throw badCredentials(credentials)
    requireScope(caller, 'operate')
    if (caller.role !== 'admin') throw new Refused('forbidden', `this needs the role admin; yours is ${caller.role}`)
    if (isForeign(request)) throw new Refused('forbidden', 'a page of another site must not change the queues')
  }
}

function basic({ headers }: FastifyRequest): Credentials | undefined {
  const encoded = /^Basic +([\w+/=-]+)$/i.exec(headers.authorization ?? '')?.[1]
  const [, password] = /^[^:]*:(.+)$/s.exec(Buffer.from(encoded ?? '', 'base64').toString()) ?? []
  return password === undefined ? undefined : { apiKey: password }
}

/** A browser adds name and password to every request to this host, also to those that another site's page makes. */
function isForeign({ method, headers, host }: FastifyRequest): boolean {
  if (method === 'GET' || method === 'HEAD') return false
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const { origin } = headers
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)
}
