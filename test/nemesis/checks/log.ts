import type { RecordedEvent } from '../../../src/event-store/event.js'
import type { Database } from '../../support/ops/database.js'
import { storedAppends } from '../../support/event-store/stored-appends.js'
import type { Db } from 'mongodb'
import type { Journal } from '../workload/journal.js'

/** Positions and versions go on without a gap, and time without a step back. Answers how many events there are. */
export async function checkOrder(db: Db, journal: Journal): Promise<number> {
  let [position, at] = [1, 0]
  const versions = new Map<string, number>()
  for (const append of await storedAppends(db)) {
    const version = (versions.get(append.stream) ?? 0) + 1
    if (append._id !== position || append.version !== version)
      journal.violation(
        'no gap in the log',
        `${append.stream}: ${append._id}, ${append.version} for ${position}, ${version}`,
      )
    if (append.at.getTime() < at) journal.violation('time goes on along the log', `position ${append._id}`)
    versions.set(append.stream, append.version + append.n - 1)
    position = append._id + append.n
    at = append.at.getTime()
  }
  return position - 1
}

const endings = { ReplyCompleted: 'completed', ReplyFailed: 'failed', ReplyCancelled: 'cancelled' } as const

interface ReplyData {
  chatId: string
  ownerId: string
  promptId: string
  replyId: string
}

const dataOf = (event: RecordedEvent) => event.data as ReplyData

/** Prompts by their replies, and what has ended these. */
export class RepliesOfLog {
  readonly prompts = new Map<string, RecordedEvent[]>()
  readonly ends = new Map<string, RecordedEvent[]>()
  private readonly erased = new Set<string>()

  static async of(database: Database): Promise<RepliesOfLog> {
    const found = new RepliesOfLog()
    for (const event of await database.events('PromptSent', 'UserErased', ...Object.keys(endings))) found.add(event)
    return found
  }

  private add(event: RecordedEvent): void {
    if (event.type === 'UserErased') return void this.erased.add((event.data as { userId: string }).userId)
    const byReply = event.type === 'PromptSent' ? this.prompts : this.ends
    const { replyId } = dataOf(event)
    byReply.set(replyId, [...(byReply.get(replyId) ?? []), event])
  }

  /** Without an end. The erasure of an account ends everything in it: nothing can be appended to its chats any more. */
  get open(): string[] {
    const isOpen = ([replyId, [prompt]]: [string, RecordedEvent[]]) =>
      !this.ends.has(replyId) && !this.erased.has(dataOf(prompt!).ownerId)
    return [...this.prompts].filter(isOpen).map(([replyId]) => replyId)
  }
}

/** Every prompt has one end; those that were acknowledged are there, once; what clients were told is what is stored. */
export async function checkReplies(database: Database, journal: Journal): Promise<void> {
  const replies = await RepliesOfLog.of(database)
  const { prompts: sent, ends } = replies
  for (const replyId of replies.open) journal.violation('every prompt has one end', `${replyId} has none`)
  for (const [replyId, { length }] of ends)
    if (length > 1) journal.violation('every prompt has one end', `${replyId} has ${length}`)
  for (const [replyId, { length }] of sent)
    if (length > 1) journal.violation('no prompt is doubled', `${replyId} was sent ${length} times`)
  for (const replyId of ends.keys()) if (!sent.has(replyId)) journal.violation('every end has its prompt', replyId)
  journal.count('prompts in the log', sent.size)

  await checkTexts(database, sent, ends, journal)
  for (const { replyId, promptId, chatId } of journal.prompts) {
    const event = sent.get(replyId)?.[0]
    if (!event || dataOf(event).promptId !== promptId || dataOf(event).chatId !== chatId)
      journal.violation('no acknowledged prompt is lost', `${replyId} in ${chatId}`)
  }
}

type ByReply = ReadonlyMap<string, readonly RecordedEvent[]>

async function checkTexts(database: Database, sent: ByReply, ends: ByReply, journal: Journal): Promise<void> {
  const wordsOf = async ({ personal }: RecordedEvent): Promise<string | undefined> => {
    try {
      return ((await database.words(personal)) as { text?: string }).text
    } catch {
      return undefined // erased
    }
  }
  const told = new Map(journal.prompts.map((prompt) => [prompt.replyId, prompt]))
  const seen = new Set<string>()
  for (const [replyId, [prompt]] of sent) {
    const text = await wordsOf(prompt!)
    const end = ends.get(replyId)?.[0]
    if (text === undefined || !end) continue
    if (seen.has(text) && text !== 'Still there?') journal.violation('no prompt is doubled', text)
    seen.add(text)
    const stored = await wordsOf(end)
    const full = `You asked: ${text}`
    if (end.type === 'ReplyCompleted' && stored !== full)
      journal.violation('a reply is what the model said', `${replyId}: ${JSON.stringify([full, stored])}`)
    if (end.type === 'ReplyCancelled' && !full.startsWith(stored ?? ''))
      journal.violation('a reply is what the model said', `${replyId}, cancelled: ${JSON.stringify([full, stored])}`)
    const client = told.get(replyId)
    if (client && client.text !== text)
      journal.violation('no acknowledged prompt is lost', `${replyId}: ${JSON.stringify([client.text, text])}`)
    if (!client?.told) continue
    const status = endings[end.type as keyof typeof endings]
    if (client.told.status !== status || (status !== 'failed' && (client.told.text ?? '') !== (stored ?? '')))
      journal.violation('a stream equals its reply', `${replyId}: ${JSON.stringify([client.told, status, stored])}`)
    journal.count('answers equal to what is stored')
  }
}
