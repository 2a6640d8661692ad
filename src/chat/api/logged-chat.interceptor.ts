import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import type { Observable } from 'rxjs'
import { ChatIds } from '../chat-ids.js'

/** Gives the line that the log has of a request the id of its chat: names of chats are not for logs. */
@Injectable()
export class LoggedChatInterceptor implements NestInterceptor {
  constructor(private readonly ids: ChatIds) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle()
    const request = context.switchToHttp().getRequest<FastifyRequest<{ Params?: Record<string, unknown> }>>()
    const name = request.params?.chatId ?? request.params?.sessionId
    if (typeof name === 'string' && request.caller) request.chatId = this.ids.of(request.caller.id, name)
    return next.handle()
  }
}
