import type { Client } from '../../test/support/world.js'
import { median } from '../store/statistics.js'
import type { Deployment } from './deployment.js'
import { type Chats, type Lengths, lengths } from './fill.js'

/** Milliseconds, medians over the chats. */
type ByLength = Lengths

export interface NextPrompts {
  cold: ByLength
  warm: ByLength
}

/** On a fresh process, which has run itself in on other chats; by turns, so that all lengths meet the same machine. */
export async function measureNextPrompts(deployment: Deployment, account: Client, chats: Chats): Promise<NextPrompts> {
  const here = account.at(await deployment.start())
  for (let i = 0; i < 100; i++) await prompt(here, `warming-up-${i % 10}`)
  const cold = await byTurns(here, chats)
  await byTurns(here, chats)
  return { cold, warm: await byTurns(here, chats) }
}

async function byTurns(here: Client, chats: Chats): Promise<ByLength> {
  const took: Record<keyof Chats, number[]> = { short: [], full: [], long: [] }
  for (let i = 0; i < chats.short.length; i++) {
    for (const length of i % 2 ? lengths : lengths.toReversed()) await timed(here, chats[length][i]!, took[length])
  }
  return { short: median(took.short), full: median(took.full), long: median(took.long) }
}

async function timed(here: Client, chat: string, took: number[]): Promise<void> {
  const started = performance.now()
  await prompt(here, chat)
  took.push(performance.now() - started)
}

async function prompt(here: Client, chat: string): Promise<void> {
  const { status } = await here.post(`/chat/${chat}/send`, { text: 'And what does a reader have to do?' })
  if (status !== 200) throw new Error(`the prompt was answered with ${status}`)
}
