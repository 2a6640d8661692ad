import type { RecordedEventOf } from '../../../../event-store/catalog.js'
import type { Engine } from '../../../../event-store/engine.js'
import type { ChatEvents } from '../../../chat.js'
import type { ModelSettings, PromptOptions } from '../../../message.js'

/** What a response answers: all that the log has of its prompt. */
export interface AskedResponse {
  readonly chatId: string
  readonly promptId: string
  readonly replyId: string
  readonly model: string
  readonly settings: ModelSettings
  readonly options: PromptOptions
  readonly at: Date
}

/** The prompt is the event at this position. */
export async function askedResponse({ log, catalog, vault }: Engine, position: number): Promise<AskedResponse> {
  const append = await log.appendAtOrBefore(position)
  const event = append && catalog.read(append, position - append._id)
  if (event?.type !== 'PromptSent') throw new Error(`there is no prompt at position ${position} of the log`)
  const { data, personal, at } = event as RecordedEventOf<ChatEvents, 'PromptSent'>
  const { chatId, promptId, replyId, model, settings } = data
  const { options = {} } = await vault.openOrEmpty(personal)
  return { chatId, promptId, replyId, model, settings, options, at }
}
