import type { RecordedEventOf } from '../../event-store/catalog.js'
import type { Engine } from '../../event-store/engine.js'
import type { Envelope, RecordedEvent } from '../../event-store/event.js'
import type { ChatEvents } from '../chat.js'
import type { MessageDoc } from '../messages.view.js'

/** How a reply ended. */
export interface Outcome {
  readonly status: 'completed' | 'failed' | 'cancelled'
  readonly text: string
  readonly tokens: number
  /** Whose words these are; none when nothing was written. */
  readonly attempt?: string
  readonly error?: { code: string; detail: string }
  /** Where the log tells it; 0 when it was found in the read model. */
  readonly position: number
}

const endings = ['ReplyCompleted', 'ReplyFailed', 'ReplyCancelled'] as const
export type EndingEvent = RecordedEventOf<ChatEvents, (typeof endings)[number]>

export const isEnding = (event: RecordedEvent): event is EndingEvent => (endings as readonly string[]).includes(event.type)

export async function outcomeOf({ vault }: Engine, event: EndingEvent): Promise<Outcome> {
  const { position, personal } = event
  if (event.type === 'ReplyFailed') {
    const { code } = event.data
    return { status: 'failed', text: '', tokens: 0, error: { code, detail: await wordsIn(vault, personal, 'detail') }, position }
  }
  const { attempt, tokens } = event.data
  const status = event.type === 'ReplyCompleted' ? 'completed' : 'cancelled'
  return { status, text: await wordsIn(vault, personal, 'text'), tokens: tokens.total, attempt, position }
}

/** The same from the read model, for a reply that ended long ago; undefined while it is open. */
export async function outcomeIn({ vault }: Engine, { status, tokens, text, attempt, error }: MessageDoc): Promise<Outcome | undefined> {
  if (status === 'pending') return undefined
  const failure = error && { code: error.code, detail: await wordsIn(vault, error.detail, 'detail') }
  return { status, text: await wordsIn(vault, text, 'text'), tokens: tokens ?? 0, attempt, ...(failure && { error: failure }), position: 0 }
}

async function wordsIn(vault: Engine['vault'], envelope: Envelope | undefined, name: 'text' | 'detail'): Promise<string> {
  if (!envelope) return ''
  const { personal } = await vault.open(envelope)
  return (personal as Record<typeof name, string>)[name]
}
