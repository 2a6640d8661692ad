import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { chatEvents } from '../../src/chat/chat.js'
import { chats } from '../../src/chat/read-models/chats.js'
import { messages } from '../../src/chat/read-models/messages.js'
import { auditEvents } from '../../src/audit/evidence/audit-read.js'
import { guestEvents } from '../../src/guests/guest.js'
import { masterKey } from '../../src/event-store/sealing/key-wrap.js'
import { userEvents } from '../../src/identity/user.js'
import { operationEvents } from '../../src/ops/operations.js'
import { projectEvents } from '../../src/projects/project.js'
import { type Client, World } from '../support/world.js'
import { eventually, Place } from '../support/event-store/engines.js'
import { admin, must } from '../support/ops/admins.js'
import { Database } from '../support/ops/database.js'

jest.setTimeout(240_000)

/** As many, or this part of what this machine takes now when nothing else is asked of it. */
const mostPromptsPerSecond = 100
const partOfPossible = 0.6
/** Exactly as many, whatever the machine takes. */
const demanded = Number(process.env.VERBATIM_PROMPTS_PER_SECOND) || undefined
const seconds = 12
const people = 12
const readers = 3
/** People look, and look again. */
const lookAgainMs = 100
const rebuilt = ['messages', 'chats'] as const

interface Certificate {
  projection: string
  position: number
  digest: string
  root: string
}

let world: World
let database: Database
let bob: Client
let everybody: Client[]
let failures: string[]

beforeAll(async () => {
  world = await World.begin({ WORKER_CONCURRENCY: '50' })
  const url = await world.spawn().url()
  database = world.closeAtEnd(await Database.of(world))
  bob = await admin(world, url)
  everybody = await Promise.all(Array.from({ length: people }, () => world.account(url)))
  await Promise.all(everybody.map(history))
  failures = []
})
afterAll(() => world?.end())

/** So that a rebuild has something to do. */
async function history(person: Client): Promise<void> {
  const { id } = must(await person.post('/api/chats', { title: 'Long ago' }), 201).data.chat
  const batch = Array.from({ length: 500 }, (_, i) => ({ role: 'user', content: `message ${i}` }))
  for (let time = 0; time < 2; time++)
    must(await person.post(`/api/chats/${id}/messages/batch`, { messages: batch }), 201)
}

/** What this machine takes when everybody waits for the one before. The second time, when the code has been compiled. */
async function possible(): Promise<number> {
  await trial('cold')
  return await trial('warm')
}

async function trial(name: string): Promise<number> {
  const [began, withinMs] = [performance.now(), 3_000]
  let sent = 0
  const one = async (person: Client) => {
    while (performance.now() - began < withinMs) await prompt(person, `${name}-${sent++}`)
  }
  await Promise.all(everybody.map(one))
  return (sent * 1000) / (performance.now() - began)
}

/** At its pace, whether the earlier ones are answered or not. */
async function prompting(promptsPerSecond: number): Promise<{ ids: string[]; tookMs: number }> {
  const began = performance.now()
  const sent: Promise<string | undefined>[] = []
  for (let i = 0; i < promptsPerSecond * seconds; i++) {
    await pause(Math.max(0, began + (i * 1000) / promptsPerSecond - performance.now()))
    sent.push(prompt(everybody[i % people]!, `talk-${i}`))
  }
  const tookMs = performance.now() - began
  return { ids: (await Promise.all(sent)).flatMap((id) => id ?? []), tookMs }
}

async function prompt(person: Client, chat: string): Promise<string | undefined> {
  const { status, body } = await person.with({ prefer: 'respond-async' }).post(`/chat/${chat}/send`, { text: 'Hello' })
  if (status === 202) return body.messageId
  failures.push(`prompt: ${status} ${JSON.stringify(body)}`)
  return undefined
}

/** Whoever has seen so many of something never sees fewer. */
class Seen {
  private readonly most = new Map<string, number>()
  reads = 0

  async look(what: string, read: () => Promise<Map<string, number>>): Promise<Map<string, number>> {
    const before = new Map(this.most)
    const now = await read()
    this.reads++
    for (const [name, most] of before) {
      if (name.startsWith(`${what} `) && (now.get(name.slice(what.length + 1)) ?? 0) < most)
        failures.push(`${name}: ${most} were there, now ${now.get(name.slice(what.length + 1))}`)
    }
    for (const [name, count] of now)
      this.most.set(`${what} ${name}`, Math.max(count, this.most.get(`${what} ${name}`) ?? 0))
    return now
  }
}

async function list(person: Client, path: string, name: string): Promise<{ id: string; messageCount: number }[]> {
  const { status, body } = await person.get(path)
  if (status === 200) return body[name]
  failures.push(`${path}: ${status} ${JSON.stringify(body)}`)
  return []
}

/** Somebody's list of chats, how much each holds, and then the messages of some of them. */
async function reading(seen: Seen, isOver: () => boolean): Promise<void> {
  for (let i = 0; !isOver(); i++, await pause(lookAgainMs)) {
    const person = everybody[i % people]!
    const found = await seen.look(`chats of ${person.id}`, async () => {
      const all = await list(person, `/user/${person.id}/list-chats?limit=200`, 'chats')
      return new Map(all.map(({ id, messageCount }) => [id, messageCount]))
    })
    for (const id of [...found.keys()].slice(0, 3)) {
      await seen.look(
        `messages of ${id}`,
        async () => new Map([['all', (await list(person, `/chat/${id}/messages?limit=200`, 'messages')).length]]),
      )
    }
  }
}

async function rebuild(name: string): Promise<Certificate> {
  const key = `${name}-${performance.now()}`
  must(await bob.with({ 'idempotency-key': key }).post(`/ops/projections/${name}/rebuild`), 202)
  const ended = async () => must(await bob.get(`/ops/projections/${name}`), 200).rebuild
  await eventually(ended, (state) => state === undefined, 60_000)
  return must(await bob.get(`/ops/projections/${name}/certificates?limit=1`), 200).certificates[0]
}

async function rebuilding(isOver: () => boolean): Promise<Certificate[]> {
  const certificates: Certificate[] = []
  while (!isOver()) for (const name of rebuilt) certificates.push(await rebuild(name))
  return certificates
}

/** The same log as far as a position, in a place where nothing happens. */
async function atRest({ projection, position }: Certificate): Promise<Certificate> {
  const quiet = await Place.find()
  const client = await MongoClient.connect(world.mongodbUri)
  try {
    const copy = (coll: string, filter: object) =>
      client
        .db()
        .collection(coll)
        .aggregate([{ $match: filter }, { $out: { db: quiet.db.databaseName, coll } }])
        .toArray()
    await copy('log', { _id: { $lte: position } })
    await copy('keys', {})
    const masterKeys = { current: masterKey(Buffer.from(world.environment.MASTER_KEY!, 'hex')) }
    const events = [userEvents, chatEvents, guestEvents, projectEvents, auditEvents, operationEvents]
    const engine = await quiet.engine({ events, projections: [chats, messages], masterKeys })
    const [certificate] = await engine.projections.rebuild([projection])
    return certificate!
  } finally {
    await client.close()
    await quiet.leave()
  }
}

describe('a rebuild while up to a hundred prompts a second arrive', () => {
  it('lets no read fail or go back in time, and comes out as it does at rest', async () => {
    const promptsPerSecond =
      demanded ?? Math.max(1, Math.floor(Math.min(mostPromptsPerSecond, (await possible()) * partOfPossible)))
    let over = false
    const seen = new Seen()
    const others = [
      rebuilding(() => over),
      ...Array.from({ length: readers }, () => reading(seen, () => over)),
    ] as const
    const { ids, tookMs } = await prompting(promptsPerSecond)
    over = true
    const [certificates] = await Promise.all(others)

    expect(failures).toEqual([])
    expect(ids).toHaveLength(promptsPerSecond * seconds)
    expect(new Set(certificates.map(({ projection }) => projection))).toEqual(new Set(rebuilt))
    expect(seen.reads).toBeGreaterThan(0)
    console.info(
      `${Math.round((ids.length * 1000) / tookMs)} prompts a second, ${certificates.length} rebuilds, ${seen.reads} reads`,
    )

    // Of each model the last that was certified while all this went on.
    for (const name of rebuilt) {
      const busy = certificates.findLast(({ projection }) => projection === name)!
      const { position, digest, root } = await atRest(busy)
      expect([name, position, digest, root]).toEqual([name, busy.position, busy.digest, busy.root])
    }

    // And the live models, once everything is answered.
    await eventually(
      async () => must(await bob.get('/ops/replies'), 200).replies,
      (open) => open.length === 0,
      120_000,
    )
    for (const name of rebuilt) {
      await eventually(
        async () => must(await bob.get(`/ops/projections/${name}`), 200).lag.events,
        (behind) => behind === 0,
      )
      const live = await database.digestOf(name)
      expect([name, (await rebuild(name)).digest, await database.digestOf(name)]).toEqual([name, live, live])
    }
  })
})
