import { Module } from '@nestjs/common'
import { MongooseModule } from '@nestjs/mongoose'
import { ChatModule } from '../chat/chat.module.js'
import { BeginSessionHandler } from './commands/begin-session.js'
import { EraseGuestHandler } from './commands/erase-guest.js'
import { GiveGuestFeedbackHandler } from './commands/give-guest-feedback.js'
import { GuestErasures } from './guest-erasures.js'
import { guestFeedbackModel } from './read-models/guest-feedback.js'
import { Guests } from './guests.js'
import { GetSessionHandler } from './get-session.js'
import { ReviewFeedbackHandler } from './read-models/review-feedback.js'
import { ReviewController } from './api/review.controller.js'
import { SessionsController } from './api/sessions.controller.js'

const handlers = [
  BeginSessionHandler,
  EraseGuestHandler,
  GetSessionHandler,
  GiveGuestFeedbackHandler,
  ReviewFeedbackHandler,
]

/** Callers without an account. */
@Module({
  imports: [ChatModule, MongooseModule.forFeature([guestFeedbackModel])],
  controllers: [SessionsController, ReviewController],
  providers: [...handlers, GuestErasures, Guests],
})
export class GuestsModule {}
