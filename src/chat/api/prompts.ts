import { createParamDecorator, type ExecutionContext, Injectable } from '@nestjs/common'
import { ApiHeader } from '@nestjs/swagger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Bus } from '../../commands/bus.js'
import { acceptsEventStream, sseHeaders } from '../../http/sse.js'
import type { PromptSent, SendPrompt } from '../commands/send-prompt.js'
import type { ReplyOutcome } from '../replies/ending/reply-outcome.js'
import { Replies } from '../replies/ending/replies.js'
import { ReplyStream } from '../replies/stream/reply-stream.js'

/** How the caller of this request wants the answer. */
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

const header = (name: string, description: string) =>
  ApiHeader({ name, description, required: false, schema: { type: 'string' } })

export const PreferHeader = () => header('Prefer', 'respond-async: do not wait for the answer')
export const LastEventIdHeader = () => header('Last-Event-ID', 'The id of the last event that arrived')

/** A prompt that was sent. Without an outcome it is not answered yet. */
export interface AnsweredPrompt extends PromptSent {
  readonly outcome?: ReplyOutcome | undefined
}

/** Sends a prompt for every API family, and answers it as the caller wants: whole, as events, or later. */
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
    shape: (prompt: AnsweredPrompt) => Shape,
  ): Promise<Shape | AsyncIterable<string>> {
    const sent = await this.bus.begin(prompt)
    if (asEvents) {
      void reply.headers(sseHeaders)
      return this.stream.events(sent, lastEventId)
    }
    const outcome = prompt.cause.isAsync ? undefined : await this.replies.answer(prompt.cause, sent)
    if (!outcome) void reply.status(202).header('location', `/chat/replies/${sent.replyId}`)
    return shape({ ...sent, outcome })
  }
}
