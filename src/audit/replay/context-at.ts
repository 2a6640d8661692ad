import { type ChatEvents, isReplyEnding, type RecordedReplyEnding } from '../../chat/chat.js'
import { saidIn } from '../../chat/replies/worker/context.js'
import type { RecordedEventOf } from '../../event-store/catalog.js'
import type { Engine } from '../../event-store/engine.js'
import { fitContext, type Fitted, promptBudget } from '../../llm/context.js'
import { contextTokensOf } from '../../llm/context-sizes.js'
import type { ProjectEvents } from '../../projects/project.js'
import { type ProjectPromptDoc, projectPrompts } from '../../projects/read-models/project-prompts.js'
import { openedPrompt } from '../../projects/read-models/opened-projects.js'
import { replay } from './replay.js'

type ChatEvent = RecordedEventOf<ChatEvents>
export type PromptSent = RecordedEventOf<ChatEvents, 'PromptSent'>
export type ProjectEvent = RecordedEventOf<ProjectEvents>

export interface ContextAt extends Fitted {
  contextTokens: number
  budgetTokens: number
}

/** What the worker puts together for a prompt, by the worker's own code, as of the moment at which it was sent. */
export async function contextAt(
  engine: Engine,
  { version, data }: PromptSent,
  project: readonly ProjectEvent[],
): Promise<ContextAt> {
  const [, provider, model] = /^(.*?)\/(.*)$/s.exec(data.model)!
  const contextTokens = contextTokensOf(provider!, model!)
  const budgetTokens = promptBudget(contextTokens, data.settings.maxTokens)
  const prompts = replay<ProjectPromptDoc>(projectPrompts, project).sort((a, b) => a.seq - b.seq)
  const system = await Promise.all(prompts.slice(0, 200).map(async (doc) => openedPrompt(engine.vault, doc)))
  const history = saidIn(engine, data.chatId, version)
  const fitted = await fitContext({
    system: system.map(({ role, content }) => ({ role, content })),
    history,
    budgetTokens,
  })
  return { contextTokens, budgetTokens, ...fitted }
}

export const endOf = (replyId: string, events: readonly ChatEvent[]): RecordedReplyEnding | undefined =>
  events.filter(isReplyEnding).find(({ data }) => data.replyId === replyId)

/** What would change a context. */
const changing = new Set([
  'MessageStored',
  'MessageEdited',
  'MessageDeleted',
  'ProjectPromptAdded',
  'ProjectPromptRemoved',
  'ProjectDeleted',
])

export interface Meanwhile {
  position: number
  type: string
}

/**
 * What was changed after the prompt was sent and before its answer was there. When an attempt begins is no event, so
 * each of these may be in what the model was given, or not.
 */
export const meanwhile = (
  after: number,
  before: number,
  ...streams: (readonly (ChatEvent | ProjectEvent)[])[]
): Meanwhile[] =>
  streams
    .flat()
    .filter(({ type, position }) => changing.has(type) && position > after && position < before)
    .map(({ type, position }) => ({ position, type }))
    .sort((a, b) => a.position - b.position)
