import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common'
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { Bus } from '../../commands/bus.js'
import { NeedsRole } from '../../http/access.js'
import type { Cause } from '../../commands/cause.js'
import { RequestCause } from '../../http/cause.guard.js'
import { PageQuery } from '../../http/pages.js'
import { PauseProjection, ResumeProjection, RetryProjection, SkipEvent } from '../projections/commands.js'
import { RebuildProjection } from '../projections/rebuild-projection.js'
import { CertificatesDto, ProjectionDto, ProjectionParams, ProjectionsDto, SkipBody } from './projections.dto.js'
import { ListCertificates } from '../projections/list-certificates.js'
import { ListProjections, type ListedProjection } from '../projections/list-projections.js'

@ApiTags('operations')
@NeedsRole('admin')
@Controller('ops/projections')
export class ProjectionsController {
  constructor(private readonly bus: Bus) {}

  @Get()
  @ApiOperation({ summary: 'How far each read model is, how fast, and what keeps it from going on' })
  @ApiOkResponse({ type: ProjectionsDto })
  async list(): Promise<ProjectionsDto> {
    const all = await this.bus.query(new ListProjections())
    return { projections: all.map(shown) }
  }

  @Get(':name')
  @ApiOperation({ summary: 'The same of one' })
  @ApiOkResponse({ type: ProjectionDto })
  async see(@Param() { name }: ProjectionParams): Promise<ProjectionDto> {
    const [one] = await this.bus.query(new ListProjections([name]))
    return shown(one!)
  }

  @Get(':name/certificates')
  @ApiOperation({ summary: 'What its rebuilds have found, newest first' })
  @ApiOkResponse({ type: CertificatesDto })
  async certificates(@Param() { name }: ProjectionParams, @Query() page: PageQuery): Promise<CertificatesDto> {
    const { items, nextCursor } = await this.bus.query(new ListCertificates(name, page))
    return { certificates: items.map(({ skipped = [], ...certificate }) => ({ ...certificate, skipped })), nextCursor }
  }

  /** A long log takes minutes, so nobody waits for the end. */
  @Post(':name/rebuild')
  @HttpCode(202)
  @ApiOperation({
    summary:
      'Build it anew from the log while it goes on being read; Location tells how far that is. 409 while it is being rebuilt',
  })
  @ApiAcceptedResponse({ type: ProjectionDto })
  async rebuild(
    @Param() { name }: ProjectionParams,
    @RequestCause() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProjectionDto> {
    await this.bus.command(new RebuildProjection(cause, name))
    void reply.header('location', `/ops/projections/${name}`)
    return await this.see({ name })
  }

  @Post(':name/pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Keep it as it is; what happens meanwhile is not lost to it' })
  @ApiOkResponse({ type: ProjectionDto })
  async pause(@Param() { name }: ProjectionParams, @RequestCause() cause: Cause): Promise<ProjectionDto> {
    await this.bus.command(new PauseProjection(cause, name))
    return await this.see({ name })
  }

  @Post(':name/resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'Let it go on after a pause' })
  @ApiOkResponse({ type: ProjectionDto })
  async resume(@Param() { name }: ProjectionParams, @RequestCause() cause: Cause): Promise<ProjectionDto> {
    await this.bus.command(new ResumeProjection(cause, name))
    return await this.see({ name })
  }

  @Post(':name/retry')
  @HttpCode(200)
  @ApiOperation({ summary: 'One that has failed tries the same event again' })
  @ApiOkResponse({ type: ProjectionDto })
  async retry(@Param() { name }: ProjectionParams, @RequestCause() cause: Cause): Promise<ProjectionDto> {
    await this.bus.command(new RetryProjection(cause, name))
    return await this.see({ name })
  }

  @Post(':name/skip')
  @HttpCode(200)
  @ApiOperation({ summary: 'One that has failed goes on without the event at which it stands; so do its rebuilds' })
  @ApiOkResponse({ type: ProjectionDto })
  async skip(
    @Param() { name }: ProjectionParams,
    @Body() { position, reason }: SkipBody,
    @RequestCause() cause: Cause,
  ): Promise<ProjectionDto> {
    await this.bus.command(new SkipEvent(cause, name, position, reason))
    return await this.see({ name })
  }
}

/** Which command a rebuild carries out is our own business. */
function shown({ rebuild, ...status }: ListedProjection): ProjectionDto {
  if (!rebuild) return status
  const { cause: _, ...told } = rebuild
  return { ...status, rebuild: told }
}
