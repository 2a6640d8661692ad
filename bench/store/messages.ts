import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { z } from 'zod'
import { defineEvents } from '../../src/event-store/catalog.js'
import type { AppendMeta } from '../../src/event-store/event.js'

/** What every contender writes: one message of a chat. A contender that can seal seals the text. */
export const messageEvents = defineEvents({
  MessageSaid: { data: { chatId: z.string(), role: z.string(), n: z.number() }, personal: { text: z.string() } },
})

export const owner = 'user:bench'
export const messagesPerChat = 10
const textLength = 225

export const message = (chatId: string, n: number) => ({ chatId, role: n % 2 === 0 ? 'user' : 'assistant', n })

export const meta = (): AppendMeta => ({ actor: owner, commandId: randomUUID() })

const vocabulary =
  'the order of a log is what every reader can rely on and nobody may change it once somebody has seen it'.split(' ')
const prose = Array.from({ length: 20_000 }, () => vocabulary[randomInt(vocabulary.length)]).join(' ')

/** A text unlike the others: a database that compresses must not find the same text again and again. */
export function text(): string {
  const from = Math.floor(Math.random() * (prose.length - textLength))
  return prose.slice(from, from + textLength)
}

const noise = randomBytes(1024 * 1024)

/** Random bytes, as an envelope looks to a database. */
export function sealedBytes(length: number): Buffer {
  const from = Math.floor(Math.random() * (noise.length - length))
  return noise.subarray(from, from + length)
}
