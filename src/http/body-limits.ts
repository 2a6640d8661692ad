import { Inject, Injectable } from '@nestjs/common'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Authenticator } from '../commands/caller.js'
import { commandIdOf, idempotencyKey } from '../commands/cause.js'
import { ServiceSecrets } from '../commands/secrets.js'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { placeOf } from './cause.guard.js'
import { identify } from './identify.guard.js'
import { countsByAccount, limitOf, trackerOf } from './limits.guard.js'
import { commandName, counterOf, rateLimited } from './limits.js'
import { LimitsStorage } from './limits.storage.js'
import { isForm } from './unread-bodies.js'

/**
 * Counts a request that has a body before the body is read, so that nobody who is over the limit keeps us busy with
 * bodies. Only what may be the repeat of a command is counted later, by LimitsGuard: its body decides that.
 */
@Injectable()
export class BodyLimits {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly secrets: ServiceSecrets,
    private readonly storage: LimitsStorage,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'edge'>,
  ) {}

  /** After the hooks that let pages of other origins read the answer, and before the body is parsed. */
  countBeforeBodies(fastify: FastifyInstance): void {
    fastify.addHook('preParsing', async (request, reply) => {
      if (hasBody(request) && !request.is404 && !request.isCounted) await this.count(request, reply)
    })
  }

  private async count(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    await identify(request, this.authenticator)
    const { edge } = this.config
    const limit = limitOf(edge, request)
    const counting = { counter: counterOf('default', trackerOf(request)), command: this.commandOf(request) }
    const [hits, msLeft, isBlocked, isRepeat] = await this.storage.count(counting, edge.rateWindowMs, limit)
    const seconds = Math.ceil(msLeft / 1000)
    if (isBlocked) throw rateLimited(limit, seconds)
    if (isRepeat) return
    request.isCounted = true
    const left = Math.max(0, limit - hits)
    void reply.headers({ 'RateLimit-Limit': limit, 'RateLimit-Remaining': left, 'RateLimit-Reset': seconds })
  }

  /** As in CauseGuard, without the content. Forms are never repeats. */
  private commandOf(request: FastifyRequest): { name: string } | undefined {
    const key = request.headers['idempotency-key']
    if (!countsByAccount(request) || typeof key !== 'string' || !idempotencyKey.test(key)) return undefined
    if (isForm(request.headers['content-type'])) return undefined
    return {
      name: commandName(
        'default',
        commandIdOf(this.secrets, { place: placeOf(request), actor: request.caller.id, key }),
      ),
    }
  }
}

/** Of other methods none is parsed. */
const hasBody = ({ method, headers }: FastifyRequest): boolean =>
  method !== 'GET' &&
  method !== 'HEAD' &&
  (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0)
