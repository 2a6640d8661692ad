import { randomUUID } from 'node:crypto'
import { Inject, Injectable } from '@nestjs/common'
import { CONFIG, type SettledConfig } from '../../config.js'
import { Engine } from '../../event-store/engine.js'
import { fitContext, type Fitted, promptBudget } from '../../llm/context.js'
import type { Finish, Usage } from '../../llm/provider.js'
import { ProviderError } from '../../llm/provider-error.js'
import { Providers } from '../../llm/providers.js'
import { loadTokenizer } from '../../llm/tokens.js'
import { watched } from '../../llm/watchdog.js'
import type { OpenReply, Tokens } from '../chat.js'
import { saidIn } from './context.js'
import { DeltaWriter } from './delta-writer.js'
import { Deltas } from './deltas.js'

/** What one attempt has written, finished or not. */
export interface Written {
  readonly attempt: string
  text: string
  finish: Finish
  tokens: Tokens
}

/** Beyond this an answer is taken to be complete: an append has its limits, and so has a reader. */
const longestAnswer = 1_000_000

/** One attempt to answer an open prompt: context, model, deltas. It appends nothing. */
@Injectable()
export class Answering {
  constructor(
    private readonly engine: Engine,
    private readonly providers: Providers,
    private readonly deltas: Deltas,
    @Inject(CONFIG) private readonly config: Pick<SettledConfig, 'replies'>,
  ) {}

  /** Whatever it throws, `written` has what was written until then. */
  async answer(chatId: string, { replyId, model: id, settings }: OpenReply, written: Written, signal: AbortSignal): Promise<void> {
    const { provider, model, contextTokens } = await this.providers.resolve(id)
    const writer = new DeltaWriter(this.deltas, { chatId, replyId }, written.attempt)
    await writer.begin()
    let asked: Fitted | undefined
    let usage: Usage | undefined
    const ask = async (budgetTokens: number) => {
      asked = await fitContext({ system: [], history: saidIn(this.engine, chatId), budgetTokens })
      const { messages } = asked
      usage = await this.read((own) => provider.complete({ model, messages, ...settings }, own), written, writer, signal)
    }
    const budget = promptBudget(contextTokens, settings.maxTokens)
    try {
      await ask(budget).catch((error: unknown) => {
        // A model may count in another way than we do: then it is asked with a part of what we thought would fit.
        if (isTooLong(error) && asked!.messages.length > 1) return ask(Math.floor(budget / 2))
        throw error
      })
    } finally {
      written.tokens = usage ? counted(usage) : await estimated(asked?.promptTokens ?? 0, written.text)
      await writer.finish()
    }
  }

  private async read(start: Parameters<typeof watched>[0], written: Written, writer: DeltaWriter, signal: AbortSignal): Promise<Usage | undefined> {
    const { idleMs, timeoutMs } = this.config.replies
    let usage: Usage | undefined
    for await (const chunk of watched(start, { idleMs, totalMs: timeoutMs }, signal)) {
      if ('usage' in chunk) usage = chunk.usage
      if ('finish' in chunk) written.finish = chunk.finish
      if (!('text' in chunk)) continue
      written.text += chunk.text
      writer.write(written.text)
      if (written.text.length < longestAnswer) continue
      written.finish = 'length'
      return undefined
    }
    return usage
  }
}

export const nothingWritten = (): Written => ({ attempt: randomUUID(), text: '', finish: 'stop', tokens: tokensOf(0, 0, 'tokenizer') })

const isTooLong = (error: unknown) => error instanceof ProviderError && error.code === 'context_too_long'

const tokensOf = (prompt: number, completion: number, by: Tokens['by']): Tokens => ({ prompt, completion, total: prompt + completion, by })

const counted = ({ promptTokens, completionTokens }: Usage) => tokensOf(promptTokens, completionTokens, 'provider')

/** Of a reply that was cut, or of a model that counts nothing. */
async function estimated(promptTokens: number, text: string): Promise<Tokens> {
  const { countTokens } = await loadTokenizer()
  return tokensOf(promptTokens, countTokens(text), 'tokenizer')
}
