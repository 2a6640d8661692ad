import type { Client } from '../../test/support/world.js'
import { median, timed } from '../runner/statistics.js'
import type { Deployment } from '../runner/deployment.js'
import { type Chats, type Lengths, lengths } from './fill-chats.js'

/** Milliseconds, medians over the chats. */
type ByLength = Lengths

export interface NextPrompts {
  cold: ByLength
  warm: ByLength
}

/** On a new process, after a warm-up with other chats. Alternates the lengths, so that the machine is the same for all. */
export async function measureNextPrompts(deployment: Deployment, account: Client, chats: Chats): Promise<NextPrompts> {
  const here = account.at(await deployment.start())
  for (let i = 0; i < 100; i++) await prompt(here, `warming-up-${i % 10}`)
  const cold = await measureAlternately(here, chats)
  await measureAlternately(here, chats)
  return { cold, warm: await measureAlternately(here, chats) }
}

async function measureAlternately(here: Client, chats: Chats): Promise<ByLength> {
  const took: Record<keyof Chats, number[]> = { short: [], full: [], long: [] }
  for (let i = 0; i < chats.short.length; i++) {
    for (const length of i % 2 ? lengths : lengths.toReversed())
      await timed(took[length], () => prompt(here, chats[length][i]!))
  }
  return { short: median(took.short), full: median(took.full), long: median(took.long) }
}

async function prompt(here: Client, chat: string): Promise<void> {
  const { status } = await here.post(`/chat/${chat}/send`, { text: 'And what does a reader have to do?' })
  if (status !== 200) throw new Error(`the prompt was answered with ${status}`)
}
