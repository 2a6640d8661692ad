import { Controller, Get, Header, Req, Res } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refuses } from '../../http/openapi/problem-examples.js'
import { Refused } from '../../event-store/errors.js'
import { NeedsNoAccount } from '../../http/access.js'
import { WithoutLimits } from '../../http/limits.guard.js'
import { parseTilePath } from '../../proof/tiles.js'
import { Checkpoints } from '../../notary/checkpoints.js'

const text = 'text/plain; charset=utf-8'
const immutable = 'public, max-age=31536000, immutable'

/** What anybody may read in order to verify the log. It shows how many events there are, and nothing of their content. */
@ApiTags('audit')
@NeedsNoAccount()
@WithoutLimits()
@Controller()
export class NotaryController {
  constructor(private readonly checkpoints: Checkpoints) {}

  @Get('checkpoint')
  @Header('Content-Type', text)
  @Header('Cache-Control', 'public, max-age=1')
  @Refuses('not_yet_signed')
  @ApiOperation({
    summary: 'The newest checkpoint: what the log has signed last',
    description: 'A C2SP checkpoint. Keep one elsewhere: it shows whether the end of the log was cut off later.',
  })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  async checkpoint(): Promise<string> {
    return (await this.checkpoints.latest()).note
  }

  @Get('notary-key')
  @Header('Content-Type', text)
  @Header('Cache-Control', 'public, max-age=60')
  @ApiOperation({
    summary: 'The public keys that have signed, one per line, the current one first',
    description:
      'In the format of C2SP signed-note: name+id+key. Get it once, from a source that you trust, and keep it.',
  })
  @ApiProduces('text/plain')
  @ApiOkResponse({ schema: { type: 'string' } })
  async key(): Promise<string> {
    return `${(await this.checkpoints.keys()).toReversed().join('\n')}\n`
  }

  @Get('tile/*')
  @ApiOperation({
    summary: 'Hashes of the Merkle tree',
    description: 'A C2SP tile, <level>/<index>[.p/<width>]. Entries are not public: receipts and exports contain them.',
  })
  @ApiParam({
    name: 'path',
    description: 'level/index, with .p/width if the tile is not full',
    schema: { type: 'string', example: '0/000.p/1' },
  })
  @ApiProduces('application/octet-stream')
  @ApiOkResponse({ schema: { type: 'string', format: 'binary' } })
  async tile(
    @Req() { params }: FastifyRequest<{ Params: { '*': string } }>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const place = parseTilePath(params['*'])
    const hashes = place?.kind === 'hashes' ? await (await this.checkpoints.latest()).tile(place) : undefined
    if (!hashes)
      throw new Refused('not_found', 'the tree has no such tile; c2sp.org/tlog-tiles says how tiles are named')
    await reply.header('Content-Type', 'application/octet-stream').header('Cache-Control', immutable).send(hashes)
  }
}
