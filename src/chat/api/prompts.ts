import { createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Bus } from '../../commands/bus.js'
import { sseHeaders, acceptsEventStream } from '../../http/sse.js'
import type { AnswerDto, PendingDto } from './root/replies.dto.js'
import type { SendPrompt } from '../commands/send-prompt.js'
import { asAnswer } from './root/replies.presenter.js'
import { Replies } from '../replies/ending/replies.js'
import { ReplyStream } from '../replies/stream/reply-stream.js'

/** How a caller wants to hear of the answer, and where. */
export interface Delivery {
  readonly asEvents: boolean
  readonly lastEventId: string | undefined
  readonly reply: FastifyReply
}

export const RequestedDelivery = createParamDecorator((_: unknown, context: ExecutionContext): Delivery => {
  const http = context.switchToHttp()
  const { headers } = http.getRequest<FastifyRequest>()
  const lastEventId = headers['last-event-id']
  return {
    asEvents: acceptsEventStream(headers.accept),
    lastEventId: typeof lastEventId === 'string' ? lastEventId : undefined,
    reply: http.getResponse<FastifyReply>(),
  }
})

/** A prompt and its answer, for every spelling of it: whole, as events, or later. */
@Injectable()
export class Prompts {
  constructor(
    private readonly bus: Bus,
    private readonly replies: Replies,
    private readonly stream: ReplyStream,
  ) {}

  async send<Shape>(
    prompt: SendPrompt,
    { asEvents, lastEventId, reply }: Delivery,
    shape: (answer: AnswerDto | PendingDto) => Shape,
  ): Promise<Shape | AsyncIterable<string>> {
    const sent = await this.bus.command(prompt)
    if (asEvents) {
      void reply.headers(sseHeaders)
      return this.stream.events(sent, lastEventId)
    }
    const outcome = prompt.cause.isAsync ? undefined : await this.replies.answer(prompt.cause, sent)
    if (outcome) return shape(asAnswer(sent, outcome))
    void reply.status(202).header('location', `/chat/replies/${sent.replyId}`)
    return shape({ promptId: sent.promptId, messageId: sent.replyId, status: 'pending' })
  }
}
