import { pause } from '../../src/event-store/timing.js'
import type { ProbedService } from '../../test/support/hostile/probed-service.js'
import { Database } from '../../test/support/ops/database.js'
import type { Client, World } from '../../test/support/world.js'

const callers = 4

export interface LongRequest {
  readonly name: string
  readonly ask: (caller: number) => Promise<unknown>
}

export interface Stall {
  readonly name: string
  readonly heldMs: number
  readonly byClockMs: number
  readonly tookMs: number
}

/** Four accounts with much of everything, and what they and an auditor may ask for. */
export async function longRequests(
  world: World,
  url: string,
  { batches, chats }: { batches: number; chats: number },
  report: (line: string) => void,
): Promise<LongRequest[]> {
  const accounts = await Promise.all(Array.from({ length: callers }, () => world.account(url)))
  const database = await Database.of(world)
  const auditors = await Promise.all(Array.from({ length: callers }, () => world.account(url)))
  for (const { id } of auditors) await database.grant(id, 'auditor')
  await database.close()
  const message = (i: number, length: number) => ({ role: 'user', content: `${i} ${'words '.repeat(length / 6)}` })
  const chatOf = await Promise.all(accounts.map(async (account) => fill(account, batches, chats, message)))
  report(`filled: ${callers} accounts with ${batches * 500} messages and ${chats} chats each`)
  const read = async (client: Client, path: string, accept = 'application/json') => {
    const response = await client.with({ accept }).fetch('GET', path)
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    for await (const _ of response.body!) void _ // as fast as it comes
  }
  const ndjson = 'application/x-ndjson'
  const messageIds = await Promise.all(
    accounts.map(async (account, i) => {
      const { body } = await account.get(`/api/chats/${chatOf[i]!}/messages?limit=50`)
      return (body.data.messages as { id: string }[]).map(({ id }) => id)
    }),
  )
  return [
    { name: 'own export', ask: (i) => read(accounts[i]!, '/api/users/export') },
    { name: 'export of the log', ask: (i) => read(auditors[i]!, '/audit/export') },
    { name: 'export of the log, opened', ask: (i) => read(auditors[i]!, '/audit/export?open=true') },
    { name: 'history as NDJSON', ask: (i) => read(auditors[i]!, '/audit/events', ndjson) },
    { name: 'a page of history, opened', ask: (i) => read(auditors[i]!, '/audit/events?limit=200&open=true') },
    { name: 'an account’s history', ask: (i) => read(auditors[i]!, `/audit/users/${accounts[i]!.id}?limit=200`) },
    { name: 'a chat as it was', ask: (i) => read(auditors[i]!, `/audit/chats/${chatOf[i]!}?limit=200`) },
    { name: 'search', ask: (i) => read(accounts[i]!, '/api/chats/search?q=nothing%20like%20it') },
    { name: 'a page of messages', ask: (i) => read(accounts[i]!, `/api/chats/${chatOf[i]!}/messages?limit=200`) },
    {
      name: 'fifty receipts',
      ask: async (i) => {
        for (const id of messageIds[i]!) await read(accounts[i]!, `/message/${id}/receipt?open=true`)
      },
    },
    {
      name: 'a batch of 500 messages',
      ask: async (i) => {
        const messages = Array.from({ length: 500 }, (_, at) => message(at, 600))
        await accounts[i]!.post(`/api/chats/${await newChat(accounts[i]!)}/messages/batch`, { messages })
      },
    },
    {
      name: 'a body of a megabyte that is refused',
      ask: (i) => accounts[i]!.post('/api/chats', `{"title":"${'\\u0041'.repeat(170_000)}"}`),
    },
  ]
}

async function newChat(account: Client): Promise<string> {
  return (await account.post('/api/chats', { title: 'Much was said here' })).body.data.chat.id
}

async function fill(
  account: Client,
  batches: number,
  chats: number,
  message: (i: number, length: number) => object,
): Promise<string> {
  const chatId = await newChat(account)
  for (let batch = 0; batch < batches; batch++) {
    const messages = Array.from({ length: 500 }, (_, i) => message(i, 1_500))
    const { status, body } = await account.post(`/api/chats/${chatId}/messages/batch`, { messages })
    if (status !== 201) throw new Error(`no messages: ${status} ${JSON.stringify(body).slice(0, 300)}`)
  }
  for (let i = 0; i < chats; i++)
    await account.post('/api/chats', { title: `Title ${i} of many`, tags: ['some', 'tags'] })
  return chatId
}

export async function stallsOf(
  requests: readonly LongRequest[],
  { holds }: ProbedService,
  report: (line: string) => void,
): Promise<Stall[]> {
  const stalls: Stall[] = []
  for (const { name, ask } of requests) {
    await ask(0) // what is loaded once is not measured
    await pause(500)
    holds.splice(0)
    const began = performance.now()
    await Promise.all(Array.from({ length: callers }, (_, i) => ask(i)))
    const tookMs = performance.now() - began
    await pause(100) // the last word of the probe
    const heldMs = Math.max(0, ...holds.map((hold) => hold.heldMs))
    stalls.push({ name, heldMs, byClockMs: Math.max(0, ...holds.map((hold) => hold.byClockMs)), tookMs })
    report(`${name}: ${Math.round(heldMs)} ms`)
  }
  return stalls
}
