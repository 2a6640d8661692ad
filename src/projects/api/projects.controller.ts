import { Body, Controller, Delete, Get, Param, Post, Put, Query } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { type Answer, answer, Answers } from '../../http/answers.js'
import { whenErasureIsFinal } from '../../commands/key-erasures.js'
import { Bus } from '../../commands/bus.js'
import type { Caller } from '../../commands/caller.js'
import { CurrentCaller } from '../../http/access.js'
import type { Cause } from '../../commands/cause.js'
import { RequestCause } from '../../http/cause.guard.js'
import { definedFields } from '../../commands/defined-fields.js'
import { PageQuery } from '../../http/pages.js'
import { ChangeProject } from '../commands.js'
import { CreateProject } from '../commands/create-project.js'
import { DeleteProject } from '../commands/delete-project.js'
import {
  ChangeProjectBody,
  CreateProjectBody,
  EraseProjectQuery,
  ProjectDetailsDto,
  ProjectDto,
  ProjectParams,
} from './project.dto.js'
import { GetProject, ListProjects, type ProjectDetails, type ProjectSummary } from '../read-models/project-queries.js'

type One = Answer<{ project: ProjectDetails }>

@ApiTags('projects')
@Controller('api/projects')
export class ProjectsController {
  constructor(private readonly bus: Bus) {}

  @Get()
  @ApiOperation({ summary: 'The caller’s projects, newest first' })
  @Answers(200, { projects: [ProjectDto], nextCursor: 'string' }, ['nextCursor'])
  async list(
    @Query() page: PageQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Answer<{ projects: ProjectSummary[]; nextCursor?: string }>> {
    const { items, nextCursor } = await this.bus.query(new ListProjects(caller.id, page))
    return answer({ projects: items, nextCursor })
  }

  @Post()
  @ApiOperation({ summary: 'Create a project' })
  @Answers(201, { project: ProjectDetailsDto })
  async create(
    @Body() { name, description = '', settings = {} }: CreateProjectBody,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<One> {
    const { projectId } = await this.bus.command(
      new CreateProject(cause, caller.id, { name, description }, definedFields(settings)),
    )
    return await this.one({ projectId, ownerId: caller.id }, 'Project created')
  }

  @Get(':id')
  @ApiOperation({ summary: 'A project with its prompts and files' })
  @Answers(200, { project: ProjectDetailsDto })
  get(@Param() { id }: ProjectParams, @CurrentCaller() caller: Caller): Promise<One> {
    return this.one({ projectId: id, ownerId: caller.id })
  }

  @Put(':id')
  @ApiOperation({ summary: 'Change name, description or settings; what is left out stays as it is' })
  @Answers(200, { project: ProjectDetailsDto })
  async change(
    @Param() { id }: ProjectParams,
    @Body() { settings = {}, ...texts }: ChangeProjectBody,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<One> {
    const project = { projectId: id, ownerId: caller.id }
    await this.bus.command(new ChangeProject(cause, project, definedFields(texts), definedFields(settings)))
    return await this.one(project, 'Project updated')
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Delete a project; with ?erase=true nobody can ever read it again, from now on' })
  @Answers(200, {})
  async delete(
    @Param() { id }: ProjectParams,
    @Query() { erase }: EraseProjectQuery,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<Answer<object>> {
    await this.bus.command(new DeleteProject(cause, { projectId: id, ownerId: caller.id }, erase))
    return answer({}, erase ? `Project erased. ${whenErasureIsFinal}` : 'Project deleted')
  }

  private async one(project: { projectId: string; ownerId: string }, message?: string): Promise<One> {
    return answer({ project: await this.bus.query(new GetProject(project)) }, message)
  }
}
