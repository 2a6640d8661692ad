import { Controller, Delete, Get, Inject, Param, Post, Query, Req, Res } from '@nestjs/common'
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { CONFIG, type CompleteConfig } from '../../config/index.js'
import { type Answer, answer, Answers } from '../../http/answers.js'
import { Bus } from '../../commands/bus.js'
import type { Caller } from '../../commands/caller.js'
import { CurrentCaller } from '../../http/access.js'
import type { Cause } from '../../commands/cause.js'
import { Refuses } from '../../http/openapi/problem-examples.js'
import { RequestCause } from '../../http/cause.guard.js'
import { PageQuery } from '../../http/pages.js'
import { TakesFile, readUpload } from '../../http/uploads.js'
import { AddFile } from '../commands/add-file.js'
import { RemoveFile } from '../commands.js'
import { FileContents } from '../files/file-contents.js'
import { FileParams, ProjectFileDto, ProjectParams } from './project.dto.js'
import { GetProjectFile, ListProjectFiles, type ProjectFile } from '../read-models/project-file-queries.js'

@ApiTags('projects')
@Controller('api/projects/:id/files')
export class ProjectFilesController {
  constructor(
    private readonly bus: Bus,
    private readonly contents: FileContents,
    @Inject(CONFIG) private readonly config: CompleteConfig,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The files of a project, in the order in which they were added' })
  @Answers(200, { files: [ProjectFileDto], nextCursor: 'string' }, ['nextCursor'])
  async list(
    @Param() { id }: ProjectParams,
    @Query() page: PageQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Answer<{ files: ProjectFile[]; nextCursor?: string }>> {
    const { items, nextCursor } = await this.bus.query(
      new ListProjectFiles({ projectId: id, ownerId: caller.id }, page),
    )
    return answer({ files: items, nextCursor })
  }

  @Post()
  @TakesFile()
  @ApiOperation({ summary: 'Upload a file to a project. Models are given its text, or see it if it is an image' })
  @Refuses('account_full')
  @Answers(201, { file: ProjectFileDto })
  async add(
    @Param() { id }: ProjectParams,
    @Req() request: FastifyRequest,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<Answer<{ file: ProjectFile }>> {
    const project = { projectId: id, ownerId: caller.id }
    const upload = await readUpload(request, this.config.files.maxBytes)
    const { fileId } = await this.bus.command(new AddFile(cause, project, upload))
    const { contentId: _, ...file } = await this.bus.query(new GetProjectFile(project, fileId))
    return answer({ file }, 'File uploaded')
  }

  @Get(':fileId')
  @ApiOperation({ summary: 'Download a file' })
  @ApiOkResponse({
    description: 'Its bytes, with the type that it was uploaded with',
    content: { '*/*': { schema: { type: 'string', format: 'binary' } } },
  })
  async download(
    @Param() { id, fileId }: FileParams,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { filename, type, size, contentId } = await this.bus.query(
      new GetProjectFile({ projectId: id, ownerId: caller.id }, fileId),
    )
    void reply.headers({
      'content-type': type,
      'content-length': size,
      'content-disposition': attachment(filename),
    })
    return this.contents.read({ projectId: id, fileId, contentId })
  }

  @Delete(':fileId')
  @ApiOperation({ summary: 'Delete a file, and the copy at the model’s provider' })
  @Answers(200, {})
  async remove(
    @Param() { id, fileId }: FileParams,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<Answer<object>> {
    await this.bus.command(new RemoveFile(cause, { projectId: id, ownerId: caller.id }, fileId))
    return answer({}, 'File deleted')
  }
}

/**
 * RFC 6266: a browser saves such a file and never shows it. The exact name is encoded; clients that do not read that
 * form get one in ASCII. No name can end the header or begin another one.
 */
function attachment(filename: string): string {
  const ascii = filename.replaceAll(/[^ -~]|["\\%]/gu, '_')
  const exact = encodeURIComponent(filename).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${ascii}"; filename*=UTF-8''${exact}`
}
