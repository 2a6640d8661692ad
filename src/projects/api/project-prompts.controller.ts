import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { type Answer, answer, Answers } from '../../http/answers.js'
import { Bus } from '../../commands/bus.js'
import type { Caller } from '../../commands/caller.js'
import { CurrentCaller } from '../../http/access.js'
import type { Cause } from '../../commands/cause.js'
import { RequestCause } from '../../http/cause.guard.js'
import { PageQuery } from '../../http/pages.js'
import { AddPrompt } from '../commands/add-prompt.js'
import { RemovePrompt } from '../commands.js'
import { ProjectParams, ProjectPromptDto, PromptBody, PromptParams } from './project.dto.js'
import { GetProjectPrompt, ListProjectPrompts, type ProjectPrompt } from '../read-models/project-prompt-queries.js'

type One = Answer<{ prompt: ProjectPrompt }>

@ApiTags('projects')
@Controller('api/projects/:id/prompts')
export class ProjectPromptsController {
  constructor(private readonly bus: Bus) {}

  @Get()
  @ApiOperation({
    summary: 'The prompts that every chat with the project begins with, in the order in which they were added',
  })
  @Answers(200, { prompts: [ProjectPromptDto], nextCursor: 'string' }, ['nextCursor'])
  async list(
    @Param() { id }: ProjectParams,
    @Query() page: PageQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Answer<{ prompts: ProjectPrompt[]; nextCursor?: string }>> {
    const { items, nextCursor } = await this.bus.query(
      new ListProjectPrompts({ projectId: id, ownerId: caller.id }, page),
    )
    return answer({ prompts: items, nextCursor })
  }

  @Post()
  @ApiOperation({ summary: 'Add a prompt to a project' })
  @Answers(201, { prompt: ProjectPromptDto })
  async add(
    @Param() { id }: ProjectParams,
    @Body() { role, content }: PromptBody,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<One> {
    const project = { projectId: id, ownerId: caller.id }
    const { promptId } = await this.bus.command(new AddPrompt(cause, project, role, content))
    return answer({ prompt: await this.bus.query(new GetProjectPrompt(project, promptId)) }, 'Prompt added')
  }

  @Get(':promptId')
  @ApiOperation({ summary: 'One prompt of a project' })
  @Answers(200, { prompt: ProjectPromptDto })
  async get(@Param() { id, promptId }: PromptParams, @CurrentCaller() caller: Caller): Promise<One> {
    return answer({
      prompt: await this.bus.query(new GetProjectPrompt({ projectId: id, ownerId: caller.id }, promptId)),
    })
  }

  @Delete(':promptId')
  @ApiOperation({ summary: 'Remove a prompt from a project' })
  @Answers(200, {})
  async remove(
    @Param() { id, promptId }: PromptParams,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
  ): Promise<Answer<object>> {
    await this.bus.command(new RemovePrompt(cause, { projectId: id, ownerId: caller.id }, promptId))
    return answer({}, 'Prompt removed')
  }
}
