import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import { type EmbeddedEngines, startEngines } from '../../../src/embedded/index.js'
import type { AppendDocument } from '../../../src/event-store/event.js'
import { Client, World } from '../../support/world.js'
import { type ReplicaSet, startReplicaSet } from '../../support/engines/replica-set.js'
import { eventually } from '../../support/event-store/engines.js'
import { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { filesWith, uncompressed } from '../../support/secrecy/files-with.js'

/** Every text that somebody says or names something with has this in it, in whatever they use of the service. */
const canary = 'CANARY-7f3a'

let folder: string
let mongo: ReplicaSet
let engines: EmbeddedEngines
let model: FakeOpenAi
let world: World

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verbatim-erased-'))
  mongo = await startReplicaSet({ dir: join(folder, 'mongo'), members: 1, extra: uncompressed })
  engines = await startEngines({ dataDir: join(folder, 'engines'), mongo: false, redis: true })
  model = await FakeOpenAi.start()
  world = await World.begin({
    MONGODB_URI: mongo.uri.replace('/?', '/erased?'),
    REDIS_URL: engines.redisUrl!,
    OPENAI_BASE_URL: model.url,
    OPENAI_API_KEY: 'x',
    PROMPT_CACHE_SECONDS: '600',
    LOG_LEVEL: 'trace',
    LOG_FILE: join(folder, 'app.log'),
  })
})

afterAll(async () => {
  await world?.end()
  await model?.close()
  await engines?.stop()
  await mongo?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Everything an account can do with words. */
async function liveALife(here: Client): Promise<void> {
  const { body: registered } = await here.post('/api/auth/register', {
    email: `${canary}@example.org`,
    password: `${canary} secret`,
    name: `${canary} Name`,
    username: canary,
  })
  const me = here.with({ authorization: `Bearer ${registered.data.token}` })
  model.answerWith(`An answer with ${canary} in it. 😀`)
  for (const chat of ['by-name', `${canary}-chat`, 'by-name-2']) {
    await me
      .with({ 'idempotency-key': `${canary}-${chat}` })
      .post(`/chat/${chat}/send`, { text: `A question with ${canary}` })
  }
  await me.with({ accept: 'text/event-stream' }).post('/chat/by-name/send', { text: `Streamed ${canary}` })
  await me.ask('PATCH', '/chat/by-name/edit', { name: `${canary} title` })
  const { body: made } = await me.post('/api/chats', {
    title: `${canary} log`,
    tags: [canary],
    metadata: { [canary]: canary },
  })
  const messages = [
    { role: 'user', content: `${canary} kept`, name: canary },
    {
      role: 'tool',
      content: canary,
      functionCall: { name: canary },
      toolCalls: [{ [canary]: 1 }],
      metadata: { note: canary },
    },
  ]
  const { body: kept } = await me.post(`/api/${made.data.chat.id}/messages/batch`, { messages })
  await me.ask('PUT', `/api/${made.data.chat.id}/messages/${kept.data.messages[0].id}`, { content: `${canary} edited` })
  await me.get(`/api/chats/search?q=${canary}`)
  await me.ask('PUT', '/api/users/profile', { name: `${canary} Renamed`, email: `${canary}.2@example.org` })
  const { body: project } = await me.post('/api/projects', {
    name: `${canary} bot`,
    description: `${canary} described`,
  })
  const { id } = project.data.project
  await me.post(`/api/projects/${id}/prompts`, { role: 'system', content: `${canary} system prompt` })
  const form = new FormData()
  form.append('file', new Blob([`${canary} in a file. `.repeat(50_000)], { type: 'text/plain' }), `${canary}.txt`)
  const uploaded = await fetch(`${me.url}/api/projects/${id}/files`, {
    method: 'POST',
    headers: me.headers,
    body: form,
  })
  expect(uploaded.status).toBe(201)
  expect(await me.post(`/api/chat/${id}`, { message: `${canary} for the bot` })).toMatchObject({ status: 200 })
  expect(model.files.size).toBe(1)
  // Its deltas are in Redis and its cancellation in the log, while and after a reply is being written.
  model.failNext({ fault: 'stall', at: 3 }, 1)
  const open = await me.with({ prefer: 'respond-async' }).post('/chat/cut-short/send', { text: `Cut short ${canary}` })
  await eventually(
    async () => (await me.get(`/chat/replies/${open.body.messageId}`)).body.status,
    (status) => status === 'pending',
  )
  await me.post('/chat/cut-short/cancel')
  await me.post('/chat/left-open/send/', { text: `${canary} [[fault:stall]]` }).catch(() => undefined)
  expect(await me.ask('DELETE', '/api/users/profile')).toMatchObject({ status: expect.any(Number) as number })
  expect((await me.get('/api/users/profile')).status).toBe(401)
}

it('an erased account leaves its words nowhere, and the log still reads from end to end', async () => {
  const service = world.spawn({ REPLY_WAIT_MS: '1000' })
  const url = await service.url()
  await liveALife(new Client(url))
  await eventually(
    async () => model.files.size,
    (kept) => kept === 0,
  )
  const redis = new Redis(engines.redisUrl!)
  const keys = await redis.keys('*')
  const values = await Promise.all(keys.map((key) => redis.dumpBuffer(key)))
  redis.disconnect()
  service.process.kill('SIGTERM')
  await service.ended
  await engines.stop() // writes what it still has to disk

  const client = await MongoClient.connect(mongo.uri)
  await client.db('admin').command({ fsync: 1 })
  const log = await client.db('erased').collection<AppendDocument>('log').find().sort({ _id: 1 }).toArray()
  const bytesLeft = await client.db('erased').collection('files.chunks').countDocuments()
  const keysLeft = await client
    .db('erased')
    .collection<{ _id: string }>('keys')
    .find({ key: { $exists: true }, _id: /^user-/ })
    .toArray()
  await client.close()

  // What is public is found where it should be, so the search does search.
  const { ownerId } = log.find(({ stream }) => stream.startsWith('chat-'))!.events[0]!.data as { ownerId: string }
  expect((await filesWith(join(folder, 'mongo'), ownerId)).some((name) => name.startsWith('WiredTigerLog'))).toBe(true)
  expect(await filesWith(join(folder, 'mongo'), ownerId)).toContainEqual(expect.stringMatching(/^collection-/))

  expect(await filesWith(folder, canary)).toEqual([])
  expect(keys.filter((key) => key.includes(canary))).toEqual([])
  expect(values.filter((value) => value?.includes(canary))).toEqual([])
  expect(service.output).not.toContain(canary)
  expect(await readFile(join(folder, 'app.log'), 'utf8')).not.toContain(canary)

  expect(log.map(({ _id }) => _id)).toEqual(
    log.map((_, i) => log.slice(0, i).reduce((position, { n }) => position + n, 1)),
  )
  expect(log.flatMap(({ events }) => events.map(({ type }) => type))).toEqual(
    expect.arrayContaining(['UserRegistered', 'PromptSent', 'ReplyCompleted', 'MessageEdited', 'UserErased']),
  )
  expect({ keysLeft, bytesLeft }).toEqual({ keysLeft: [], bytesLeft: 0 })
})
