import { applyDecorators, Body, Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger'
import { SendPrompt } from '../../chat/commands/send-prompt.js'
import { CostsAnswer, type Delivery, LastEventIdHeader, Prompts, RequestedDelivery } from '../../chat/chat.module.js'
import { CONFIG, type CompleteConfig } from '../../config/index.js'
import { Bus } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { Engine } from '../../event-store/engine.js'
import { Refuses } from '../../http/openapi/problem-examples.js'
import { IgnoresIdempotencyKey, RequestCause } from '../../http/cause.guard.js'
import { ForGuests, CurrentGuest } from '../../http/access.js'
import { BeginSession } from '../commands/begin-session.js'
import { GiveGuestFeedback } from '../commands/give-guest-feedback.js'
import { Guests } from '../guests.js'
import {
  FeedbackReceivedDto,
  GuestFeedbackBody,
  GuestPromptBody,
  GuestReplyDto,
  GuestSessionDto,
  SessionParams,
} from './guests.dto.js'
import { GetSession } from '../get-session.js'
import { isActive, refuseExpired, type Session } from '../session.js'

const NeedsSession = () =>
  applyDecorators(
    ApiResponse({ status: 404, description: 'There is no such session' }),
    ApiResponse({ status: 410, description: 'The session has expired: begin a new one' }),
    Refuses('session_expired'),
  )

/** The guest family: sessions without an account. */
@ApiTags('sessions')
@ForGuests()
@Controller()
export class SessionsController {
  constructor(
    private readonly bus: Bus,
    private readonly guests: Guests,
    private readonly prompts: Prompts,
    private readonly engine: Engine,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'guests'>,
  ) {}

  @Post('session/initialize_session')
  @HttpCode(200)
  @IgnoresIdempotencyKey()
  @ApiOperation({ summary: 'Begin a session; its id is shown only once, and those who know it may use the session' })
  @ApiOkResponse({ type: GuestSessionDto })
  async begin(@RequestCause() cause: Cause): Promise<GuestSessionDto> {
    const session = await this.bus.command(new BeginSession(cause))
    return this.asSession(session.sessionId, session)
  }

  @Get('session/:session_id')
  @ApiOperation({ summary: 'Whether a session is still active' })
  @ApiOkResponse({ type: GuestSessionDto })
  async session(@Param() { session_id }: SessionParams, @CurrentGuest() guestId: string): Promise<GuestSessionDto> {
    return this.asSession(session_id, await this.bus.query(new GetSession(guestId)))
  }

  @Post('chat')
  @HttpCode(200)
  @CostsAnswer()
  @ApiOperation({
    summary:
      'Send a prompt in a session and get the answer: whole, as a stream of events, or later; the same request with the same Idempotency-Key waits for the same answer',
  })
  @LastEventIdHeader()
  @ApiOkResponse({ type: GuestReplyDto, description: 'The answer, or its events when they are asked for' })
  @ApiResponse({
    status: 202,
    type: GuestReplyDto,
    description: 'Not answered yet: send the same request with the same Idempotency-Key',
  })
  @NeedsSession()
  async prompt(
    @Body() { session_id, content }: GuestPromptBody,
    @CurrentGuest() guestId: string,
    @RequestCause() cause: Cause,
    @RequestedDelivery() delivery: Delivery,
  ): Promise<GuestReplyDto | AsyncIterable<string>> {
    await this.checkSession(guestId)
    const prompt = new SendPrompt(cause, this.guests.chatOf(guestId), content)
    return await this.prompts.send(prompt, delivery, ({ outcome }) => {
      delivery.reply.removeHeader('location') // that address is for accounts
      return { session_id, role: 'assistant', content: outcome?.text ?? '', status: outcome?.status ?? 'pending' }
    })
  }

  @Post('feedback')
  @HttpCode(200)
  @ApiOperation({ summary: 'Give feedback on the service' })
  @ApiOkResponse({ type: FeedbackReceivedDto })
  @NeedsSession()
  async feedback(
    @Body() { feedback }: GuestFeedbackBody,
    @CurrentGuest() guestId: string,
    @RequestCause() cause: Cause,
  ): Promise<FeedbackReceivedDto> {
    await this.checkSession(guestId)
    await this.bus.command(new GiveGuestFeedback(cause, guestId, feedback))
    return { detail: 'Feedback received' }
  }

  private async checkSession(guestId: string): Promise<void> {
    refuseExpired(await this.bus.query(new GetSession(guestId)), this.engine.clock.now(), this.config.guests.idleMs)
  }

  private asSession(session_id: string, session: Session): GuestSessionDto {
    const { createdAt: created_at, lastActive: last_active } = session
    return {
      session_id,
      created_at,
      last_active,
      is_active: isActive(session, this.engine.clock.now(), this.config.guests.idleMs) ? 1 : 0,
    }
  }
}
