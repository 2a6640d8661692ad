import { createHash, timingSafeEqual } from 'node:crypto'
import { Controller, Get, Header, Headers, Inject } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { CONFIG, type CompleteConfig } from '../../config/index.js'
import { Refused } from '../../event-store/errors.js'
import { NeedsNoAccount } from '../../http/access.js'
import { Unlimited } from '../../http/limits.guard.js'
import { Scrape } from './scrape.js'

const contentType = 'text/plain; version=0.0.4; charset=utf-8'

/** For Prometheus, which has no account. There is nothing personal in it; METRICS_TOKEN closes it all the same. */
@ApiTags('operations')
@NeedsNoAccount()
@Unlimited()
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly scrape: Scrape,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'telemetry'>,
  ) {}

  @Get()
  @Header('content-type', contentType)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    summary: 'What this process measures, for Prometheus; with METRICS_TOKEN set it asks for that as a bearer token',
  })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  async metrics(@Headers('authorization') authorization = ''): Promise<string> {
    const { metricsToken } = this.config.telemetry
    if (metricsToken !== undefined && !isSame(authorization.replace(/^Bearer +/i, ''), metricsToken)) {
      throw new Refused('unauthenticated', 'send Authorization: Bearer <METRICS_TOKEN>')
    }
    return await this.scrape.text()
  }
}

/** However much of it is right, it takes as long. */
function isSame(given: string, expected: string): boolean {
  const [one, other] = [given, expected].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(one!, other!)
}
