import { Controller, Get } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import { NeedsNoAccount } from '../../http/access.js'
import { AnyText } from '../../http/fields.js'

class HomeDto {
  @AnyText({ about: 'What answers here', example: 'Verbatim' })
  service!: string

  @AnyText({ about: 'Pages to read about every path and to try it', example: '/docs' })
  docs!: string

  @AnyText({ about: 'The same for programs, as OpenAPI', example: '/docs-json' })
  openapi!: string

  @AnyText({ about: 'Whether the process is alive', example: '/health' })
  health!: string

  @AnyText({ about: 'Whether it can do its work', example: '/health/ready' })
  ready!: string
}

/** For those who open the bare address. */
@ApiTags('operations')
@NeedsNoAccount()
@Controller()
export class HomeController {
  @Get()
  @ApiOperation({ summary: 'Where to go from here' })
  @ApiOkResponse({ type: HomeDto })
  home(): HomeDto {
    return { service: 'Verbatim', docs: '/docs', openapi: '/docs-json', health: '/health', ready: '/health/ready' }
  }
}
