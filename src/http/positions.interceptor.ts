import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { catchError, type Observable, tap } from 'rxjs'
import { Refused } from '../event-store/errors.js'
import { Engine } from '../event-store/engine.js'
import { invalidFields } from './validation.js'

const field = 'Min-Log-Position'
const longestWaitMs = 2_000

/**
 * Read your writes, across processes. The answer to a request says in `Log-Position` where its last event is in the log.
 * A later read that sends this as `Min-Log-Position` sees at least that much, whichever process it reaches.
 *
 * Read models that do not have that much, because they are late, paused or have failed, are named in
 * `Read-Models-Behind`, with the position that they have. What cannot be found then may exist: that is 503, and never
 * 404. A read that asks for no position is told which ones are paused or have failed.
 */
@Injectable()
export class PositionsInterceptor implements NestInterceptor {
  constructor(private readonly engine: Engine) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    if (context.getType() !== 'http') return next.handle()
    const http = context.switchToHttp()
    const request = http.getRequest<FastifyRequest>()
    const reply = http.getResponse<FastifyReply>()
    const wanted = request.headers['min-log-position']
    const lackingBefore = wanted === undefined ? [] : await this.waitFor(wanted)
    const { projections } = this.engine
    const still = wanted === undefined && request.method === 'GET' ? projections.still() : []
    const tell = () => {
      const { logPosition: written = 0, lacking: lackingAfter = [] } = request.cause ?? {}
      const lacking = [...new Set([...lackingBefore, ...lackingAfter])]
      if (!reply.sent) {
        if (written > 0) void reply.header('log-position', written)
        const behind = [...new Set([...still, ...lacking])].map(
          (name) => `${name};position=${projections.positionOf(name)}`,
        )
        if (behind.length > 0) void reply.header('read-models-behind', behind.join(', '))
      }
      return { written, lacking }
    }
    return next.handle().pipe(
      tap(tell),
      catchError((error: unknown) => {
        throw maybeThere(error, tell())
      }),
    )
  }

  /** The names of models that do not have it. */
  private async waitFor(header: string | string[]): Promise<string[]> {
    const position = typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined
    if (position === undefined)
      throw invalidFields([{ field, message: 'must be a position, such as an earlier answer’s Log-Position' }])
    const { projections, store } = this.engine
    const lacking = () => projections.lacking(position)
    if (await projections.waitUntilReached(position, undefined, 0)) return lacking()
    if (position > (await store.head())) throw beyondHead(position)
    if (await projections.waitUntilReached(position, undefined, longestWaitMs)) return lacking()
    throw new Refused('projection_behind', 'the read models have not reached this position yet; repeat the request', {
      retryAfterMs: 1000,
    })
  }
}

/** A command that has been carried out must not look as if it had failed: it would be sent again. */
function maybeThere(error: unknown, { written, lacking }: { written: number; lacking: readonly string[] }): unknown {
  if (lacking.length === 0 || !(error instanceof Refused) || error.code !== 'not_found') return error
  const models = `the read models that are behind (${lacking.join(', ')})`
  const message =
    written === 0
      ? `it may be missing only from ${models}; read it again later`
      : `it was done and is in the log at position ${written}, but cannot be read before ${models} have it. Do not send it again: read it later, with Min-Log-Position: ${written}`
  return new Refused('projection_behind', message, { retryAfterMs: 1000 })
}

function beyondHead(position: number): Refused {
  const message = `is ${position}, and the log ends before that`
  return new Refused('position_beyond_head', `${field} ${message}`, { errors: [{ field, message }] })
}
