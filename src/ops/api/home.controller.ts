import { Controller, Get, Headers, Res } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { NeedsNoAccount } from '../../http/access.js'
import { AnyText } from '../../http/fields.js'

class HomeDto {
  @AnyText({ about: 'What answers here', example: 'Verbatim' })
  service!: string

  @AnyText({ about: 'Pages to chat, to see what the service does, and to audit it', example: '/console' })
  console!: string

  @AnyText({ about: 'Pages to read about every path and to try it', example: '/docs' })
  docs!: string

  @AnyText({ about: 'The same for programs, as OpenAPI', example: '/docs-json' })
  openapi!: string

  @AnyText({ about: 'Whether the process is alive', example: '/health' })
  health!: string

  @AnyText({ about: 'Whether it can do its work', example: '/health/ready' })
  ready!: string
}

const pages: HomeDto = {
  service: 'Verbatim',
  console: '/console',
  docs: '/docs',
  openapi: '/docs-json',
  health: '/health',
  ready: '/health/ready',
}

/** For those who open the bare address. */
@ApiTags('operations')
@NeedsNoAccount()
@Controller()
export class HomeController {
  @Get()
  @ApiOperation({ summary: 'Where to go from here' })
  @ApiOkResponse({ type: HomeDto })
  @ApiResponse({ status: 302, type: HomeDto, description: 'The same, and a browser goes to the console' })
  home(@Headers('accept') accept: string | undefined, @Res({ passthrough: true }) reply: FastifyReply): HomeDto {
    if (accept?.includes('text/html')) void reply.status(302).header('location', pages.console)
    return pages
  }
}
