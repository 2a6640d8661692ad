import { type Answer, answerOf, api } from '../../api/client.js'
import type { paths } from '../../api/schema.js'

export type Snapshot = Answer<paths['/audit/chats/{chatId}']['get']>
export type ReplayedMessage = Snapshot['messages'][number]

const restMs = 120

/** The whole chat, by its pages: all of them show the same moment. */
export async function readSnapshot(chatId: string, at: string | undefined, signal: AbortSignal): Promise<Snapshot> {
  await new Promise((done) => setTimeout(done, restMs)) // a slider that moves on asks for nothing
  signal.throwIfAborted()
  const read = (cursor?: string) => {
    const params = { path: { chatId }, query: { limit: 200, ...(at && { at }), ...(cursor && { cursor }) } }
    return answerOf(api.GET('/audit/chats/{chatId}', { params, signal }))
  }
  const first = await read()
  const messages = [...first.messages]
  for (let { nextCursor } = first; nextCursor !== undefined;) {
    const page = await read(nextCursor)
    messages.push(...page.messages)
    nextCursor = page.nextCursor
  }
  return { ...first, messages }
}
