import { Controller, Get, Query } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { Bus } from '../../commands/bus.js'
import { NeedsRole } from '../../http/access.js'
import { PageQuery } from '../../http/pages.js'
import { ReviewsDto } from './guests.dto.js'
import { ReviewFeedback } from '../read-models/review-feedback.js'

@ApiTags('sessions')
@Controller('feedback')
export class ReviewController {
  constructor(private readonly bus: Bus) {}

  @Get()
  @NeedsRole('auditor', 'admin')
  @ApiOperation({ summary: 'Feedback of guests on the service, newest first' })
  @ApiOkResponse({ type: ReviewsDto })
  async list(@Query() page: PageQuery): Promise<ReviewsDto> {
    const { items: feedback, nextCursor } = await this.bus.query(new ReviewFeedback(page))
    return { feedback, nextCursor }
  }
}
