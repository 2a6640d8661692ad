import { Controller, Headers, HttpCode, Post, Res } from '@nestjs/common'
import { ApiBody, ApiExtension, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import type { Caller } from '../../../commands/caller.js'
import type { Cause } from '../../../commands/cause.js'
import { definedFields } from '../../../commands/defined-fields.js'
import { CurrentCaller } from '../../../http/access.js'
import { RequestCause } from '../../../http/cause.guard.js'
import { OpenCaps } from '../../../http/open-caps.js'
import { BodyOf, documented } from '../../../http/schema-body.js'
import { sseHeaders } from '../../../http/sse.js'
import { invalidFields } from '../../../http/validation.js'
import type { PromptOptions } from '../../message.js'
import { UnstoredTurns } from '../../unstored-turns.js'
import { isChatName } from '../chat.dto.js'
import { ApprovedAnswers } from './approved-answers.js'
import { CompletionRendering } from './completion-rendering.js'
import { completion, type Completion, completionBody, type CompletionBody, completionChunk } from './completions.dto.js'
import { asCompletion, completionHead } from './completions.presenter.js'
import { asToldMessage } from './items.presenter.js'
import { asAnswerForm, settingsOf, toolOptions } from './settings.dto.js'
import { splitConversation } from './told-conversation.js'
import { ToldPrompts } from './told-prompts.js'

@ApiTags('openai')
@Controller('v1/chat/completions')
export class CompletionsController {
  constructor(
    private readonly prompts: ToldPrompts,
    private readonly answers: ApprovedAnswers,
    private readonly unstored: UnstoredTurns,
    private readonly caps: OpenCaps,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'Go on with a conversation that is told from its beginning; get the answer whole or in chunks',
  })
  @ApiExtension('x-prompt', true)
  @ApiHeader({
    name: 'X-Chat-Id',
    required: false,
    description: 'The chat in which it goes on',
    schema: { type: 'string' },
  })
  @ApiBody({ schema: documented(completionBody) })
  @ApiOkResponse({
    description: 'The answer; with stream its chunks, and [DONE] at the end. X-Chat-Id names the chat',
    content: {
      'application/json': { schema: documented(completion, 'output') },
      'text/event-stream': {
        schema: { anyOf: [documented(completionChunk, 'output'), { $ref: '#/components/schemas/OpenAiError' }] },
      },
    },
  })
  async complete(
    @BodyOf(completionBody) body: CompletionBody,
    @Headers('x-chat-id') chatHeader: string | undefined,
    @CurrentCaller() caller: Caller,
    @RequestCause() cause: Cause,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Completion | AsyncIterable<string>> {
    const { messages, model, stream = false, stream_options, store = true } = body
    if (stream_options && !stream) throw invalidFields([{ field: 'stream_options', message: 'is for streams only' }])
    const chatName = chatNameIn(body, chatHeader)
    if (!store && chatName !== undefined)
      throw invalidFields([{ field: 'store', message: 'must not be false in a chat: leave out the name of the chat' }])
    if (stream) this.caps.countStream(caller.id, reply)
    const sent = await this.prompts.send(cause, {
      ownerId: caller.id,
      conversation: splitConversation(messages.map(asToldMessage)),
      chatName,
      model,
      settings: settingsOf(body, { seed: body.seed, maxTokens: maxTokensIn(body) }),
      options: optionsIn(body),
      unstored: !store,
    })
    // From here on, a repeat without a key would be another prompt.
    void reply.headers({ 'x-chat-id': sent.chatId, ...(!cause.isRepeatable && { 'x-should-retry': 'false' }) })
    const head = completionHead(sent)
    const rendering = new CompletionRendering(head, stream_options?.include_usage === true)
    if (!store)
      this.unstored.eraseAfter(reply, { chatId: sent.chatId, ownerId: caller.id }, stream ? rendering : undefined)
    if (!stream) return asCompletion(head, await this.answers.whole(cause, sent, reply))
    void reply.headers(sseHeaders)
    return this.answers.chunks(sent, rendering)
  }
}

function chatNameIn({ metadata }: CompletionBody, header: string | undefined): string | undefined {
  const inBody = metadata?.chat_id
  if (header !== undefined && !isChatName(header))
    throw invalidFields([{ field: 'X-Chat-Id', message: 'must be a UUID or a name for a chat' }])
  if (inBody !== undefined && !isChatName(inBody))
    throw invalidFields([{ field: 'metadata.chat_id', message: 'must be a UUID or a name for a chat' }])
  if (header !== undefined && inBody !== undefined && header !== inBody)
    throw invalidFields([{ field: 'metadata.chat_id', message: 'is another chat than X-Chat-Id; send one of them' }])
  return header ?? inBody
}

function optionsIn(body: CompletionBody): PromptOptions {
  const { stop, response_format: form, metadata, user, parallel_tool_calls: parallelToolCalls } = body
  const { tools = [], tool_choice: choice } = body
  const responseFormat = form?.type === 'json_schema' ? asAnswerForm(form.json_schema) : form
  return definedFields({
    stop: typeof stop === 'string' ? [stop] : stop,
    responseFormat,
    metadata,
    user,
    ...toolOptions(
      tools.map(({ function: tool, approval }) => ({ ...tool, ...definedFields({ approval }) })),
      typeof choice === 'object' ? choice.function : choice,
    ),
    parallelToolCalls,
  })
}

function maxTokensIn({ max_tokens: older, max_completion_tokens: newer }: CompletionBody): number | undefined {
  if (older !== undefined && newer !== undefined && older !== newer)
    throw invalidFields([{ field: 'max_tokens', message: 'differs from max_completion_tokens; send one of them' }])
  return newer ?? older
}
