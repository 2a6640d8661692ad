import { createHash, timingSafeEqual } from 'node:crypto'
import { Controller, Get, Header, Headers, Inject } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { CONFIG, type CompleteConfig } from '../../config/index.js'
import { Refused } from '../../event-store/errors.js'
import { NeedsNoAccount } from '../../http/access.js'
import { WithoutLimits } from '../../http/limits.guard.js'
import { MetricsExposition } from '../metrics/metrics-exposition.js'

const contentType = 'text/plain; version=0.0.4; charset=utf-8'

/** For Prometheus, which has no account. The metrics hold no personal data; METRICS_TOKEN closes them all the same. */
@ApiTags('operations')
@NeedsNoAccount()
@WithoutLimits()
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly exposition: MetricsExposition,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'telemetry'>,
  ) {}

  @Get()
  @Header('content-type', contentType)
  @ApiOperation({
    summary: 'What this process measures, for Prometheus; with METRICS_TOKEN set it asks for that as a bearer token',
  })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  async metrics(@Headers('authorization') authorization = ''): Promise<Buffer> {
    const { metricsToken } = this.config.telemetry
    if (metricsToken !== undefined && !isSame(authorization.replace(/^Bearer +/i, ''), metricsToken)) {
      throw new Refused('unauthenticated', 'send Authorization: Bearer <METRICS_TOKEN>')
    }
    return await this.exposition.text()
  }
}

/** Takes the same time however much of the token is right. */
function isSame(actual: string, expected: string): boolean {
  const [one, other] = [actual, expected].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(one!, other!)
}
