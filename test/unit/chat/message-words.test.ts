import { type Binary, MongoNetworkError } from 'mongodb'
import type { ChatEvent, RecordedChatEvent } from '../../../src/chat/chat.js'
import { chatEvents } from '../../../src/chat/chat.js'
import { chatStream } from '../../../src/chat/chats.js'
import { type MessageWordsDoc, messageWords } from '../../../src/chat/read-models/message-words.js'
import { wordHash, wordsKey } from '../../../src/chat/read-models/words.js'
import type { Engine } from '../../../src/event-store/engine.js'
import { EventStoreError } from '../../../src/event-store/errors.js'
import { PoisonEvent } from '../../../src/event-store/projecting/fold.js'
import { DocumentsInMemory } from '../../../src/event-store/projecting/documents-in-memory.js'
import { ownerStream } from '../../../src/identity/users.js'
import * as its from '../../support/chat/chat-events.js'
import { all, command, Place } from '../../support/event-store/engines.js'

let place: Place
let engine: Engine
beforeEach(async () => {
  place = await Place.find()
  engine = await place.engine({ events: [chatEvents] })
  await engine.vault.keyForFirstAppend(ownerStream('ann'))
})
afterEach(() => place?.leave())

const stream = chatStream('c1')
const hex = (words: readonly Binary[]) => words.map((word) => Buffer.from(word.value()).toString('hex'))
const sent = (text: string): ChatEvent => ({ ...its.sent, personal: { text } })

/** The hashes that each message has, once the events are prepared. */
async function hashesAfter(...events: ChatEvent[]): Promise<Record<string, string[]>> {
  await engine.store.append({ stream, expected: 0, events, meta: command() })
  const stored = (await all(engine.store.readStream(stream))) as RecordedChatEvent[]
  await messageWords.prepares!.prepare(stored, engine.vault)
  const documents = new DocumentsInMemory(messageWords)
  documents.apply(stored)
  return Object.fromEntries(
    (documents.all() as unknown as MessageWordsDoc[]).map(({ _id, words }) => [_id, hex(words)]),
  )
}

describe('the words of messages, as the database has them', () => {
  it('are hashes with the key of their owner', async () => {
    const key = wordsKey(await engine.vault.keyOf(ownerStream('ann')))
    const hashesOf = (...words: string[]) => hex(words.map((word) => wordHash(key, word)))
    expect(await hashesAfter(its.started, sent('What is an event?'), its.completed)).toEqual({
      p1: hashesOf('what', 'is', 'an', 'event'),
      r1: hashesOf('a', 'fact'),
    })
  })

  it('are none of a message that has marks only', async () => {
    expect(await hashesAfter(its.started, sent('?'))).toEqual({ p1: [], r1: [] })
  })

  it('are asked for again when the database is away, and end the rebuild when a message is damaged', async () => {
    await engine.store.append({ stream, expected: 0, events: [its.started, sent('Hello')], meta: command() })
    const stored = (await all(engine.store.readStream(stream))) as RecordedChatEvent[]
    const away = new EventStoreError('outcome_unknown', 'not now')
    jest.spyOn(engine.vault, 'openOrEmpty').mockRejectedValueOnce(new MongoNetworkError('away'))
    await expect(messageWords.prepares!.prepare(stored, engine.vault)).rejects.toBeInstanceOf(MongoNetworkError)
    jest.spyOn(engine.vault, 'openOrEmpty').mockRejectedValueOnce(away)
    await expect(messageWords.prepares!.prepare(stored, engine.vault)).rejects.toBeInstanceOf(PoisonEvent)
  })

  it('are none of a chat that is erased', async () => {
    await engine.store.append({ stream, expected: 0, events: [its.started, sent('Hello')], meta: command() })
    const stored = (await all(engine.store.readStream(stream))) as RecordedChatEvent[]
    await engine.vault.destroy(stream, new Date())
    await messageWords.prepares!.prepare(stored, engine.vault)
    const documents = new DocumentsInMemory(messageWords)
    documents.apply(stored)
    expect(documents.all()).toMatchObject([{ words: [] }, { words: [] }])
  })
})
