import type { Engine } from '../../../../event-store/engine.js'
import { isReplyBeginning } from '../../../chat.js'
import type { ModelSettings, PromptOptions } from '../../../message.js'

/** What a response answers: all that the log has of its prompt, or of the outputs of tools that it goes on from. */
export interface ResponseRequest {
  readonly chatId: string
  readonly promptId: string
  readonly replyId: string
  readonly model: string
  readonly settings: ModelSettings
  readonly options: PromptOptions
  readonly at: Date
}

/** The event at this position has begun the response. */
export async function responseRequest({ log, catalog, vault }: Engine, position: number): Promise<ResponseRequest> {
  const append = await log.appendAtOrBefore(position)
  const event = append && catalog.read(append, position - append._id)
  if (!event || !isReplyBeginning(event)) throw new Error(`no response begins at position ${position} of the log`)
  const { data, personal, at } = event
  const { chatId, promptId, replyId, model, settings } = data
  const { options = {} } = await vault.openOrEmpty(personal)
  return { chatId, promptId, replyId, model, settings, options, at }
}
