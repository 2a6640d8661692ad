import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { LogRoot } from '../../src/notary/log-root.js'
import { chatAggregate, chatEvents, endReply, sendPrompt } from '../../src/chat/chat.js'
import { Engine } from '../../src/event-store/engine.js'
import { masterKey } from '../../src/event-store/sealing/key-wrap.js'
import { userEvents } from '../../src/identity/user.js'
import { connect } from '../runner/drivers.js'
import type { Deployment } from '../runner/deployment.js'

/** A short chat fits into a model's context, a full one has slightly more than fits, a long one has many times that. */
export const lengths = ['short', 'full', 'long'] as const
export type Lengths = Record<(typeof lengths)[number], number>
export type Chats = Record<(typeof lengths)[number], string[]>

const question = 'How does an event store keep its order when several processes write to it at once?'
const answer = 'It lets them take turns, and the primary key of the log decides when they do not. '.repeat(4)
const tokens = { prompt: 60, completion: 90, total: 150, by: 'provider' as const }

/** Writes chats as the service would: one command after the other, with stored folds. */
export async function fillChats(
  deployment: Deployment,
  ownerId: string,
  count: number,
  messages: Lengths,
): Promise<Chats> {
  const { mongoUri, redisUrl, database } = deployment.database
  const client = await connect(mongoUri)
  const redis = new Redis(redisUrl)
  const db = client.db(database)
  const masters = { current: masterKey(deployment.masterKey) }
  const engine = await Engine.open({
    db,
    redis,
    masterKeys: masters,
    events: [userEvents, chatEvents],
    logRoot: (log) => new LogRoot(db, log).at,
  })
  const decider = engine.decider(chatAggregate)
  const fill = async (messages: number): Promise<string> => {
    const chat = { chatId: randomUUID(), ownerId }
    const meta = () => ({ actor: ownerId, commandId: randomUUID() })
    const execute = (decide: ReturnType<typeof sendPrompt>) =>
      decider.execute(`chat-${chat.chatId}`, meta(), decide, { owner: `user-${ownerId}` })
    for (let i = 0; i < messages; i += 2) {
      const reply = { ...chat, promptId: randomUUID(), replyId: randomUUID(), model: 'offline/echo' }
      await execute(sendPrompt({ ...reply, text: question, settings: {} }))
      await execute(
        endReply({
          type: 'ReplyCompleted',
          data: { ...reply, attempt: 'a', tokens, finish: 'stop', latency: 1 },
          personal: { text: answer },
        }),
      )
    }
    return chat.chatId
  }
  try {
    const all = (length: number) => Promise.all(Array.from({ length: count }, () => fill(length)))
    return { short: await all(messages.short), full: await all(messages.full), long: await all(messages.long) }
  } finally {
    await engine.close()
    redis.disconnect()
    await client.close()
  }
}
