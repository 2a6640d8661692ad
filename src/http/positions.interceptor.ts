import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Observable, tap } from 'rxjs'
import { Refused } from '../event-store/errors.js'
import { Engine } from '../event-store/engine.js'
import { invalidFields } from './validation.js'

const field = 'Min-Log-Position'
const longestWaitMs = 2_000

/**
 * Read your writes, across processes. The answer to a request says in `Log-Position` where its last event is in the log.
 * A later read that sends this as `Min-Log-Position` sees at least that much, whichever process it reaches.
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
    if (wanted !== undefined) await this.waitFor(wanted)
    const addHeader = () => {
      const { logPosition = 0 } = request.cause ?? {}
      if (logPosition > 0 && !reply.sent) void reply.header('log-position', logPosition)
    }
    return next.handle().pipe(tap({ next: addHeader, error: addHeader }))
  }

  private async waitFor(header: string | string[]): Promise<void> {
    const position = typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : undefined
    if (position === undefined)
      throw invalidFields([{ field, message: 'must be a position, such as an earlier answer’s Log-Position' }])
    const { projections, store } = this.engine
    if (await projections.waitUntilReached(position, undefined, 0)) return
    if (position > (await store.head())) throw beyondHead(position)
    if (await projections.waitUntilReached(position, undefined, longestWaitMs)) return
    throw new Refused('projection_behind', 'the read models have not reached this position yet; repeat the request', {
      retryAfterMs: 1000,
    })
  }
}

function beyondHead(position: number): Refused {
  const message = `is ${position}, and the log ends before that`
  return new Refused('position_beyond_head', `${field} ${message}`, { errors: [{ field, message }] })
}
