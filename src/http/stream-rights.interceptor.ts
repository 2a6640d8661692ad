import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Observable, tap } from 'rxjs'
import { Authenticator } from '../commands/caller.js'
import { atEndOf } from './end-of-answer.js'
import { credentialsOf } from './identify.guard.js'

const checkEveryMs = 4_000

/**
 * An answer that is streamed ends with the right to it: some seconds after a logout, a new password, the end of a token
 * or of a key, its connection is cut. A client that connects again is refused.
 */
@Injectable()
export class StreamRightsInterceptor implements NestInterceptor {
  constructor(private readonly authenticator: Authenticator) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle()
    const http = context.switchToHttp()
    return next.handle().pipe(
      tap((answer: unknown) => {
        if (typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer)
          this.watch(http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>())
      }),
    )
  }

  private watch(request: FastifyRequest, reply: FastifyReply): void {
    const { caller } = request
    const credentials = credentialsOf(request)
    if (!caller || !credentials || reply.raw.closed) return
    const check = async () => {
      const now = await this.authenticator.authenticate(credentials)
      if (now?.id !== caller.id) reply.raw.destroy()
    }
    const timer = setInterval(() => void check().catch(() => {}), checkEveryMs) // what fails is checked again
    atEndOf(reply, () => clearInterval(timer))
  }
}
