import type { Database } from '../../support/ops/database.js'
import type { Journal } from '../workload/journal.js'
import type { Person } from '../workload/person.js'
import { setTimeout as pause } from 'node:timers/promises'

const shown = ['PromptSent', 'ReplyCompleted', 'ReplyCancelled', 'MessageStored']

/** What a socket received of its chat, over all its reconnections, is what the log has of it: in order, nothing twice. */
export async function checkSockets(database: Database, people: readonly Person[], journal: Journal): Promise<void> {
  const events = await database.events(...shown)
  const deadline = Date.now() + 60_000
  for (const { follower, kept, number } of people) {
    const expected: string[] = []
    for (const { type, data, personal } of events.filter(
      (event) => (event.data as { chatId: string }).chatId === kept.id,
    )) {
      const { text, content } = (await database.words(personal)) as { text?: string; content?: string }
      if (type !== 'ReplyCancelled' || text) expected.push(text ?? content ?? JSON.stringify(data))
    }
    const received = () => follower.messages.get(kept.id)!.map((message) => message.content)
    while (received().length < expected.length && Date.now() < deadline) await pause(100)
    if (JSON.stringify(received()) !== JSON.stringify(expected))
      journal.violation(
        'a socket gets every message once',
        `person ${number}: ${received().length} of ${expected.length}`,
      )
    for (const fault of follower.faults)
      journal.violation('a socket gets every message once', `person ${number}: ${fault}`)
    journal.count('messages over sockets', received().length)
    journal.count('reconnections of sockets', follower.connections - 1)
  }
}
