import { randomUUID } from 'node:crypto'
import { Inject, Injectable } from '@nestjs/common'
import { QueryBus } from '@nestjs/cqrs'
import { CONFIG, type CompleteConfig } from '../../../config/index.js'
import { Engine } from '../../../event-store/engine.js'
import { fitContext, promptBudget } from '../../../llm/context.js'
import type { CompletionRequest, Finish, Usage } from '../../../llm/provider.js'
import { ProviderError } from '../../../llm/provider-error.js'
import { Providers, type ResolvedModel } from '../../../llm/providers.js'
import { loadTokenizer } from '../../../llm/tokens.js'
import { withWatchdog } from '../../../llm/watchdog.js'
import { GetProjectForChat } from '../../../projects/read-models/project-queries.js'
import type { OpenReply } from '../../chat.js'
import type { TokenCounts } from '../../message.js'
import { type ModelCall, ModelCalls } from '../../../telemetry/model-calls.js'
import { AnswerCache } from './answer-cache.js'
import { chatHistory } from './chat-history.js'
import { DeltaWriter } from './delta-writer.js'
import { Deltas } from '../../open-reply/deltas.js'

/** What one attempt has written, finished or not. */
export interface AttemptOutput {
  readonly attempt: string
  text: string
  finish: Finish
  tokens: TokenCounts
  cached?: true
}

/** Beyond this an answer is taken to be complete: an append has its limits, and so has a reader. */
const longestAnswer = 1_000_000

/** One attempt to answer an open prompt: context, model, deltas. It appends nothing. */
@Injectable()
export class AnswerAttempt {
  constructor(
    private readonly engine: Engine,
    private readonly queries: QueryBus,
    private readonly providers: Providers,
    private readonly deltas: Deltas,
    private readonly cache: AnswerCache,
    private readonly calls: ModelCalls,
    @Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'replies'>,
  ) {}

  /** Whatever it throws, `written` has what was written until then. */
  async answer(
    chat: { chatId: string; ownerId: string },
    open: OpenReply,
    written: AttemptOutput,
    signal: AbortSignal,
  ): Promise<void> {
    const resolved = await this.providers.resolve(open.model)
    const writer = new DeltaWriter(this.deltas, { chatId: chat.chatId, replyId: open.replyId }, written.attempt)
    await writer.begin()
    const budget = promptBudget(resolved.contextTokens, open.settings.maxTokens)
    try {
      await this.ask(chat, open, resolved, budget, written, writer, signal).catch((error: unknown) => {
        // A model may count in another way than we do: then it is asked with a part of what we thought would fit.
        if (!isTooLong(error) || written.text) throw error
        return this.ask(chat, open, resolved, Math.floor(budget / 2), written, writer, signal)
      })
    } finally {
      await writer.finish()
    }
  }

  private async ask(
    chat: { chatId: string; ownerId: string },
    { model: id, settings, projectId }: OpenReply,
    resolved: ResolvedModel,
    budgetTokens: number,
    written: AttemptOutput,
    writer: DeltaWriter,
    signal: AbortSignal,
  ): Promise<void> {
    const system =
      projectId === undefined
        ? []
        : (await this.queries.execute(new GetProjectForChat({ projectId, ownerId: chat.ownerId }))).prompts
    const { messages, promptTokens } = await fitContext({
      system,
      history: chatHistory(this.engine, chat.chatId),
      budgetTokens,
    })
    const request: CompletionRequest = { model: resolved.model, messages, ...settings }
    const known = await this.cache.find(chat.ownerId, id, request)
    if (known !== undefined) {
      Object.assign(written, { text: known, cached: true })
      return writer.write(known)
    }
    await this.calls.run(resolved, request, async (call) => {
      let usage: Usage | undefined
      try {
        usage = await this.read(
          (own) => resolved.provider.complete({ ...request, answeredBy: call.recordModel }, own),
          written,
          writer,
          signal,
          call,
        )
        call.recordFinish(written.finish)
      } finally {
        written.tokens = usage ? counted(usage) : await estimated(promptTokens, written.text)
        call.recordTokens(written.tokens)
      }
    })
    if (written.finish === 'stop') await this.cache.keep(chat, id, request, written.text)
  }

  private async read(
    start: Parameters<typeof withWatchdog>[0],
    written: AttemptOutput,
    writer: DeltaWriter,
    signal: AbortSignal,
    call: ModelCall,
  ): Promise<Usage | undefined> {
    const { idleMs, timeoutMs } = this.config.replies
    let usage: Usage | undefined
    for await (const chunk of withWatchdog(start, { idleMs, totalMs: timeoutMs }, signal)) {
      if ('usage' in chunk) usage = chunk.usage
      if ('finish' in chunk) written.finish = chunk.finish
      if (!('text' in chunk)) continue
      call.recordFirstToken()
      written.text += chunk.text
      writer.write(written.text)
      if (written.text.length < longestAnswer) continue
      written.finish = 'length'
      return undefined
    }
    return usage
  }
}

export const emptyOutput = (): AttemptOutput => ({
  attempt: randomUUID(),
  text: '',
  finish: 'stop',
  tokens: tokensOf(0, 0, 'tokenizer'),
})

const isTooLong = (error: unknown) => error instanceof ProviderError && error.code === 'context_too_long'

const tokensOf = (prompt: number, completion: number, by: TokenCounts['by']): TokenCounts => ({
  prompt,
  completion,
  total: prompt + completion,
  by,
})

const counted = ({ promptTokens, completionTokens }: Usage) => tokensOf(promptTokens, completionTokens, 'provider')

/** Of a reply that was cut, or of a model that counts nothing. */
async function estimated(promptTokens: number, text: string): Promise<TokenCounts> {
  const { countTokens } = await loadTokenizer()
  return tokensOf(promptTokens, countTokens(text), 'tokenizer')
}
