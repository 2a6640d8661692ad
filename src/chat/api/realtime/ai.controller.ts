import { Body, Controller, Get, Param, Post } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { type Answer, answer, Answers } from '../../../http/answers.js'
import type { Caller } from '../../../commands/caller.js'
import { CurrentCaller } from '../../../http/access.js'
import type { Cause } from '../../../commands/cause.js'
import { RequestCause } from '../../../http/cause.guard.js'
import { definedFields } from '../../../commands/defined-fields.js'
import { invalidFields } from '../../../http/validation.js'
import type { ListedModel } from '../../../llm/providers.js'
import { AskBody, AskParams, AskedDto, ModelDto } from './ai.dto.js'
import { ChatIds } from '../../chat-ids.js'
import { SendPrompt } from '../../commands/send-prompt.js'
import { ModelList } from '../../model-list.js'
import { ProjectSettingsForPrompts } from '../project-settings.js'
import { asAsked } from './ai.presenter.js'
import { CostsAnswer, type Delivery, RequestedDelivery, Prompts } from '../prompts.js'

/** Prompts in the realtime family. */
@ApiTags('prompts')
@Controller('api/ai')
export class AiController {
  constructor(
    private readonly ids: ChatIds,
    private readonly prompts: Prompts,
    private readonly list: ModelList,
    private readonly projects: ProjectSettingsForPrompts,
  ) {}

  @Get('models')
  @ApiOperation({ summary: 'The models of every configured provider' })
  @Answers(200, { models: [ModelDto] })
  async models(): Promise<Answer<{ models: ListedModel[] }>> {
    return answer({ models: await this.list.read() })
  }

  @Post('chats/:chatId/messages')
  @CostsAnswer()
  @ApiOperation({ summary: 'Send a prompt and get the answer: whole, as a stream of events, or later' })
  @Answers(200, { message: AskedDto })
  async ask(
    @Param() { chatId: name }: AskParams,
    @Body() { content, model, settings, projectId, files }: AskBody,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
    @RequestedDelivery() delivery: Delivery,
  ): Promise<Answer<{ message: AskedDto }> | AsyncIterable<string>> {
    if (files && projectId === undefined)
      throw invalidFields([{ field: 'files', message: 'are those of a project: send its projectId, too' }])
    const project = projectId === undefined ? undefined : { projectId, ownerId: caller.id }
    const its = project && (await this.projects.of(project, files))
    const all = { ...its?.settings, ...definedFields(settings ?? {}) }
    const chat = this.ids.namedChat(caller.id, name)
    const prompt = new SendPrompt(cause, chat, content, model ?? its?.model, all, projectId, its?.fileIds)
    return await this.prompts.send(prompt, delivery, (answered) => answer({ message: asAsked(answered) }))
  }
}
