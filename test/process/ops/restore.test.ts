import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Document } from 'mongodb'
import { ReplyLog } from '../../support/chat/reply-log.js'
import { Client, World } from '../../support/world.js'
import { type ReplicaSet, startReplicaSet } from '../../support/engines/replica-set.js'
import { eventually } from '../../support/event-store/engines.js'
import { download, upload } from '../../support/projects/form.js'
import { ServiceProcess } from '../../support/service-process.js'
import { apiKeyOf } from '../../support/ops/admins.js'
import { type Backup, backUp, restore } from '../../support/ops/backup.js'
import { audit, ops } from '../../support/ops/command-line.js'

const origin = 'chat.example.com/log'
const [firstMaster, secondMaster] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')]
const password = 'a long secret'

let folder: string
let mongo: ReplicaSet
let world: World
let ann: Client
let bob: Client
let bobsKey: string
let project: { id: string; fileId: string }
/** Of the log, from where it was trusted. */
let keys: string
/** Kept elsewhere: before the backup, and long after it. */
let early: string
let late: string
/** While prompts went on. Bob and one chat of ann's were not erased yet. */
let backup: Backup
/** The log when they were, as it was exported. */
let exported: string
/** Then the master key was replaced. */
let rotated: Backup
const restored: ServiceProcess[] = []

/** A deployment with a year in one minute: people, words and files, a backup, erasures, a new master key, another backup. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verbatim-restore-'))
  mongo = await startReplicaSet({ dir: join(folder, 'mongo'), members: 1 })
  process.env.VERBATIM_TEST_MONGODB_URI = mongo.uri
  world = await World.begin({
    MASTER_KEY: firstMaster,
    NOTARY_KEY: randomBytes(32).toString('hex'),
    NOTARY_ORIGIN: origin,
    JWT_SECRET: 'the same everywhere',
  })
  const url = await world.spawn().url()
  ann = await world.account(url)
  bob = await world.account(url)
  bobsKey = await apiKeyOf(bob)
  for (const chat of ['kept', 'erased'])
    expect((await ann.post(`/chat/${chat}/send`, { text: `words in ${chat}` })).status).toBe(200)
  await bob.post('/chat/his/send', { text: 'words of bob' })
  const { body } = await ann.post('/api/projects', { name: 'Papers' })
  const file = await upload(ann, body.data.project.id, 'what the file says')
  project = { id: body.data.project.id, fileId: file.body.data.file.id }
  keys = (await ann.get('/notary-key')).body
  early = await checkpointOf(url, await head(world.mongodbUri))

  backup = await whilePromptsGoOn(() => backUp(world.mongodbUri))
  const after = await head(world.mongodbUri)
  expect((await ann.ask('DELETE', '/chat/erased?erase=true')).status).toBe(204)
  expect((await bob.ask('DELETE', '/api/users/profile')).status).toBeLessThan(300)
  late = await checkpointOf(url, after)
  exported = join(folder, 'log.ndjson')
  expect((await audit(world, 'export', exported)).code).toBe(0)
  await world.kill(...world.processes)
  expect(
    (
      await ops(
        { folder, environment: { ...world.environment, MASTER_KEY: secondMaster, MASTER_KEY_PREVIOUS: firstMaster } },
        'keys',
        'rotate',
      )
    ).code,
  ).toBe(0)
  rotated = await backUp(world.mongodbUri)
}, 180_000)

afterEach(async () => {
  for (const service of restored.splice(0)) {
    service.process.kill('SIGKILL')
    await service.ended
  }
})

afterAll(async () => {
  await world?.end()
  await mongo?.stop()
  await rm(folder, { recursive: true, force: true })
})

async function head(uri: string): Promise<number> {
  const log = await ReplyLog.of({ mongodbUri: uri } as World)
  const events = await log.events()
  await log.close()
  return events.length
}

/** One that has at least so many events, as it is kept elsewhere: in a file. */
async function checkpointOf(url: string, size: number): Promise<string> {
  const text = await eventually(
    async () => await (await fetch(`${url}/checkpoint`)).text(),
    (note) => Number(note.split('\n')[1]) >= size,
  )
  const file = join(folder, `checkpoint-${size}.txt`)
  await writeFile(file, text)
  return file
}

async function whilePromptsGoOn<T>(work: () => Promise<T>): Promise<T> {
  let isOver = false
  const prompting = [1, 2, 3].map(async (n) => {
    for (let i = 0; !isOver; i++)
      await ann.with({ prefer: 'respond-async' }).post(`/chat/busy-${n}-${i}/send`, { text: `prompt ${i}` })
  })
  try {
    await eventually(
      () => head(world.mongodbUri),
      (events) => events > 60,
    )
    return await work()
  } finally {
    isOver = true
    await Promise.all(prompting)
  }
}

interface Place {
  folder: string
  environment: Record<string, string>
}

/** The same deployment over another database. */
async function over(
  contents: Backup,
  environment: Record<string, string>,
  what: 'kept' | 'all' = 'kept',
): Promise<Place & { uri: string }> {
  const uri = await restore(contents, mongo.uri, what)
  return { folder, uri, environment: { ...world.environment, MONGODB_URI: uri, ...environment } }
}

async function start({ environment }: Place): Promise<{ service: ServiceProcess; url: string }> {
  const service = new ServiceProcess(folder, environment)
  restored.push(service)
  const url = await service.url()
  await eventually(
    async () => (await fetch(`${url}/health/ready`)).status,
    (status) => status === 200,
  )
  return { service, url }
}

const logIn = async (url: string, { email }: Client) =>
  (await ann.at(url).post('/api/auth/login', { email, password })).status

/** By the API key that he had. */
const asBob = async (url: string) => (await new Client(url, { 'x-api-key': bobsKey }).get('/api/users/api-keys')).status
const registerBob = async (url: string) =>
  (await new Client(url).post('/api/auth/register', { email: bob.email, password, name: 'Bob' })).status

const verify = (place: Place, checkpoint: string) =>
  audit(
    { ...place, environment: { ...place.environment, NOTARY_ORIGIN: origin } },
    'verify',
    '--key',
    keys,
    '--checkpoint',
    checkpoint,
  )

describe('a backup that was taken while prompts went on, restored into an empty database', () => {
  it('has everything up to its moment, makes the rest anew, and answers what was open', async () => {
    const place = await over(backup, { NOTARY_ORIGIN: 'chat.example.com/log-2' })
    const { url } = await start(place)
    expect(await logIn(url, ann)).toBe(200)
    const { messages } = (await ann.at(url).get('/chat/kept/messages')).body
    expect(messages.map(({ text }: { text: string }) => text)).toEqual([
      'words in kept',
      expect.stringContaining('words in kept'),
    ])
    expect((await download(ann.at(url), project.id, project.fileId)).bytes.toString()).toBe('what the file says')
    const log = await ReplyLog.of({ mongodbUri: place.uri } as World)
    await log.settled()
    await log.expectOneEndEach((await log.events()).filter(({ type }) => type === 'PromptSent').length)
    await log.close()
    expect((await ann.at(url).post('/chat/kept/send', { text: 'and on' })).status).toBe(200)
  })

  it('verifies against a checkpoint that was kept before it, and is told to be cut off by a later one', async () => {
    const place = await over(backup, {})
    const earlier = await verify(place, early)
    expect(earlier.output).toMatch(/^\d+ events are unchanged/)
    expect(earlier.code).toBe(0)
    const later = await verify(place, late)
    expect(later.code).toBe(1)
    expect(later.errors).toMatch(/the log ends at \d+, but \d+ events were signed: events \d+ to \d+ are missing/)
  })

  it('is not signed under the old name when more was signed than it has, and is under a new one', async () => {
    const place = await over(
      new Map([...backup, ['notary', rotated.get('notary')!], ['tiles', rotated.get('tiles') ?? []]]),
      {},
    )
    const { service, url } = await start(place)
    await eventually(
      async () => service.output,
      (output) => /Notary.*the log has \d+ events, \d+ were signed.*set NOTARY_ORIGIN/s.test(output),
    )
    const signed = await (await fetch(`${url}/checkpoint`)).text()
    expect(signed).toMatch(new RegExp(`^${origin}\n`))
    expect(Number(signed.split('\n')[1])).toBeGreaterThan(await head(place.uri))
    service.process.kill('SIGTERM')
    await service.ended
    const again = await start({
      ...place,
      environment: { ...place.environment, NOTARY_ORIGIN: 'chat.example.com/log-2' },
    })
    const note = await eventually(
      async () => await (await fetch(`${again.url}/checkpoint`)).text(),
      (text) => text.startsWith('chat.example.com/log-2\n'),
    )
    expect(Number(note.split('\n')[1])).toBeGreaterThan(0)
  })
})

describe('what was erased', () => {
  it('comes back with no backup from before, once the master key has been replaced', async () => {
    const place = await over(backup, { MASTER_KEY: secondMaster, NOTARY_ORIGIN: 'chat.example.com/log-2' })
    const service = new ServiceProcess(folder, place.environment)
    restored.push(service)
    expect(await service.ended).toBe(1)
    expect(service.output).toMatch(/a stored key was wrapped under master key [\w-]+, which this process does not have/)
  })

  it('is in a backup from before, until what was kept of the log tells that it was erased', async () => {
    const place = await over(backup, { NOTARY_ORIGIN: 'chat.example.com/log-2' })
    const { url } = await start(place)
    const here = ann.at(url)
    expect([await logIn(url, bob), (await here.get('/chat/erased/messages')).status]).toEqual([200, 200])
    expect((await ops(place, 'erasures', 'repeat', exported)).output).toMatch(
      /^.* names 2 erasures; 2 of them were missing here and are done again$/m,
    )
    expect([await logIn(url, bob), await asBob(url)]).toEqual([401, 401])
    expect((await here.get('/chat/erased/messages')).status).toBeGreaterThanOrEqual(400)
    expect((await here.get('/chat/kept/messages')).status).toBe(200)
    expect((await ops(place, 'erasures', 'repeat', exported)).output).toMatch(/; 0 of them were missing here/)
  })

  it('is not in a backup from after, and everything else is', async () => {
    const { url } = await start(
      await over(rotated, { MASTER_KEY: secondMaster, NOTARY_ORIGIN: 'chat.example.com/log-2' }),
    )
    const here = ann.at(url)
    expect((await here.get('/chat/kept/messages')).body.messages[0].text).toBe('words in kept')
    expect((await here.get('/chat/erased/messages')).status).toBeGreaterThanOrEqual(400)
    expect(await logIn(url, bob)).toBe(401)
  })

  it('is erased again, logins and keys, where a backup has them older than the log', async () => {
    const before = (name: string) => [name, backup.get(name)!] as const
    const mixed = new Map([
      ...rotated,
      before('credentials'),
      before('api_keys'),
      before('claims'),
      ['keys', withWhatWasDestroyed(rotated, backup)],
    ])
    const environment = {
      MASTER_KEY: secondMaster,
      MASTER_KEY_PREVIOUS: firstMaster,
      NOTARY_ORIGIN: 'chat.example.com/log-2',
    }

    const place = await over(mixed, environment, 'all')
    const { url } = await start({ ...place, environment: { ...place.environment, ROLES: 'api,projector' } })
    expect([await asBob(url), await registerBob(url)]).toEqual([200, 400])
    const ran = await ops(place, 'retention', 'run')
    expect(ran.output).toMatch(/^logins of what was erased: 1 erased$/m)
    expect(ran.output).toMatch(/^keys of what was erased: 1 erased$/m)
    expect([await asBob(url), await registerBob(url)]).toEqual([401, 201])
    expect((await ops(place, 'retention', 'run')).output).toMatch(/^logins of what was erased: 0 erased$/m)

    // Without the checkpoints whoever follows the log begins anew, and comes upon what was erased by itself.
    const anew = await start(await over(mixed, environment))
    await eventually(
      () => asBob(anew.url),
      (status) => status === 401,
    )
    expect(await registerBob(anew.url)).toBe(201)
  })
})

/** The keys of one backup; but those that were destroyed by then are there, as an earlier one has them. */
function withWhatWasDestroyed(from: Backup, before: Backup): readonly Document[] {
  const keys = from.get('keys')!
  const destroyed = new Set(keys.filter((key) => 'destroyed' in key).map((key) => key._id as string))
  expect(destroyed.size).toBeGreaterThan(2)
  return [
    ...keys.filter((key) => !destroyed.has(key._id as string)),
    ...before.get('keys')!.filter((key) => destroyed.has(key._id as string)),
  ]
}
