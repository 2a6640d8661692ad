import { Body, Controller, Get, Param, Post } from '@nestjs/common'
import { ApiOperation, ApiTags } from '@nestjs/swagger'
import { type Answer, answer, Answers } from '../../../http/answers.js'
import type { Caller } from '../../../commands/caller.js'
import { CurrentCaller } from '../../../http/access.js'
import type { Cause } from '../../../commands/cause.js'
import { RequestCause } from '../../../http/cause.guard.js'
import type { ListedModel } from '../../../llm/providers.js'
import { AskBody, AskParams, AskedDto, ModelDto } from './ai.dto.js'
import { ChatIds } from '../../chat-ids.js'
import { SendPrompt } from '../../commands/send-prompt.js'
import { ModelList } from '../../model-list.js'
import { CostsAnswer, type AnsweredPrompt, type Delivery, RequestedDelivery, Prompts } from '../prompts.js'

/** Prompts in the realtime family. */
@ApiTags('prompts')
@Controller('api/ai')
export class AiController {
  constructor(
    private readonly ids: ChatIds,
    private readonly prompts: Prompts,
    private readonly list: ModelList,
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
  ask(
    @Param() { chatId: name }: AskParams,
    @Body() { content, model }: AskBody,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
    @RequestedDelivery() delivery: Delivery,
  ): Promise<Answer<{ message: AskedDto }> | AsyncIterable<string>> {
    const prompt = new SendPrompt(cause, this.ids.namedChat(caller.id, name), content, model)
    return this.prompts.send(prompt, delivery, (answered) => answer({ message: asAsked(answered) }))
  }
}

function asAsked({ chatId, promptId, replyId: id, outcome }: AnsweredPrompt): AskedDto {
  const { text: content, status, usage } = outcome ?? { text: '', status: 'pending' }
  return { id, chatId, role: 'assistant', content, status, tokens: usage?.totalTokens ?? null, promptId }
}
