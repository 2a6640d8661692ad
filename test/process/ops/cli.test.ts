import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { masterKey } from '../../../src/event-store/sealing/key-wrap.js'
import { Client, World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'
import { ServiceProcess } from '../../support/service-process.js'
import { audit, ops, type Ran } from '../../support/ops/command-line.js'
import { Database } from '../../support/ops/database.js'

let world: World
let database: Database
let service: ServiceProcess
let ann: Client

// No worker: prompts stay open, and what is not in the queue does not come there by itself.
beforeAll(async () => {
  world = await World.begin()
  service = world.spawn({ ROLES: 'api,projector' })
  ann = await world.account(await service.url())
  database = world.closeAtEnd(await Database.of(world))
})
afterAll(() => world?.end())

const run = (...args: string[]) => ops(world, ...args)

function expectFailure({ code, errors }: Ran, expected: number, words: string | RegExp): void {
  expect(errors).toMatch(words)
  expect(errors).not.toMatch(/\n +at /)
  expect(code).toBe(expected)
}

describe('users grant', () => {
  it('gives a role that counts from the next request on', async () => {
    expect((await ann.get('/feedback')).status).toBe(403)
    expect(await run('users', 'grant', ann.email, 'auditor')).toMatchObject({
      code: 0,
      output: `${ann.email} is now auditor\n`,
    })
    expect((await ann.get('/feedback')).status).toBe(200)
    expect((await run('users', 'grant', ann.email, 'auditor')).output).toBe(`${ann.email} is auditor\n`)
    const [granted] = await database.events('RoleGranted')
    expect(granted).toMatchObject({ data: { userId: ann.id, role: 'auditor' }, meta: { actor: 'operator' } })
  })

  it('asks for no key that it does not use', async () => {
    const { MONGODB_URI = '', REDIS_URL = '', MASTER_KEY = '' } = world.environment
    const environment = { MONGODB_URI, REDIS_URL, MASTER_KEY, NODE_ENV: 'production' }
    expect(await ops({ folder: world.folder, environment }, 'users', 'grant', ann.email, 'auditor')).toMatchObject({
      code: 0,
      output: expect.stringContaining(`${ann.email} is auditor\n`) as string, // after what production is warned of
    })
  })

  it('knows nobody of another name, and no other role', async () => {
    expectFailure(
      await run('users', 'grant', 'nobody@example.org', 'admin'),
      1,
      'no account with the email address nobody@example.org',
    )
    expectFailure(
      await run('users', 'grant', ann.email, 'emperor'),
      2,
      'no role emperor; there are user, auditor, admin',
    )
  })
})

describe('users', () => {
  it('are found by email address, user name and id, and listed', async () => {
    await ann.ask('PUT', '/api/users/profile', { username: 'ann' })
    const row = new RegExp(`^id +role +state +since +tokens +ratings\n${ann.id} +\\w+ +open +\\S+Z +0 +0\n$`)
    for (const who of [ann.email, 'ANN', ann.id])
      expect(await run('users', 'find', who)).toMatchObject({ code: 0, output: expect.stringMatching(row) as string })
    expectFailure(await run('users', 'find', 'nobody'), 1, 'no account with the user name nobody')
    const bob = await world.account(await service.url())
    const { output } = await run('users', 'list', '--limit', '1')
    expect(output).toMatch(new RegExp(`\n${bob.id} .*\n1 accounts; there are more: --limit says how many\n$`))
    expect((await run('users', 'list', '--role', 'admin')).output).toBe('0 accounts\n')
  })

  it('whose name looks like an id are not taken for the account with that id', async () => {
    const eve = await world.account(await service.url())
    const nobody = '00000000-0000-8000-8000-000000000000'
    expect((await eve.ask('PUT', '/api/users/profile', { username: nobody })).status).toBe(200)
    expectFailure(await run('users', 'grant', nobody, 'admin'), 1, 'there is no such account')
  })

  it('are locked, unlocked and logged out, each with an event of the operator', async () => {
    const cat = await world.account(await service.url())
    const status = async () => (await cat.get('/api/users/profile')).status
    expect((await run('users', 'lock', cat.email)).output).toBe(`${cat.email} is locked\n`)
    expect(await status()).toBe(401)
    expect((await run('users', 'find', cat.id)).output).toContain(' locked ')
    expect((await run('users', 'unlock', cat.id)).output).toBe(`${cat.id} is not locked\n`)
    expect(await status()).toBe(200)
    expect((await run('users', 'end-logins', cat.id)).output).toBe(`${cat.id} is logged in nowhere\n`)
    expect(await status()).toBe(401)
    const events = await database.events('UserLocked', 'UserUnlocked', 'LoginsEnded')
    expect(events.map(({ type, stream, meta }) => [type, stream, meta.actor])).toEqual(
      ['UserLocked', 'UserUnlocked', 'LoginsEnded'].map((type) => [type, `user-${cat.id}`, 'operator']),
    )
  })
})

describe('replies', () => {
  it('are listed while they are open, and put back into the queue', async () => {
    const { body } = await ann.with({ prefer: 'respond-async' }).post('/chat/open/send', { text: 'Is anybody there?' })
    const line = async () => (await run('replies', 'open')).output
    expect(await line()).toMatch(
      new RegExp(`^reply +chat +since +age +attempts +in the queue\n${body.messageId} .* \\d+ +- +no\n1 open\n$`),
    )
    const reconciled = await eventually(
      () => run('replies', 'reconcile'),
      ({ output }) => !output.startsWith('0 of 1'),
    ) // younger ones are taken to be on their way
    expect(reconciled).toMatchObject({ code: 0, output: '1 of 1 open replies were not in the queue; added again\n' })
    expect(await line()).toMatch(new RegExp(`${body.messageId} .* \\d+ +0 +yes\n1 open\n$`))
    expect((await run('replies', 'reconcile')).output).toBe('0 of 1 open replies were not in the queue\n')
    expect(await database.events('RepliesReconciled')).toMatchObject([
      { data: { open: 1, added: 1 }, meta: { actor: 'operator' } },
    ])
  })
})

describe('projections', () => {
  const stateOf = async (name: string) =>
    new RegExp(`^${name} +\\d+ +(\\S+) +\\d+ +(\\d+)`, 'm').exec((await run('projections', 'list')).output)?.slice(1)

  it('are listed with how far they are', async () => {
    // A position is written some hundred milliseconds after the documents.
    const upToDate = /^messages +\d+ +live +\d+ +0 +0 +[\d.]+ +\S+:\d+:\S+ +-$/m
    const { code, output } = await eventually(
      () => run('projections', 'list'),
      (listed) => upToDate.test(listed.output),
    )
    expect(code).toBe(0)
    expect(output).toMatch(/^projection +version +state +position +behind +seconds +rate +owner +skipped +notes\n/)
    expect(await stateOf('messages')).toEqual(['live', '0'])
  })

  it('stand still while they are paused, and catch up', async () => {
    expect(await run('projections', 'pause', 'chats')).toMatchObject({ code: 0, output: 'chats is paused\n' })
    await ann.post('/api/chats', { title: 'Meanwhile' })
    const [state, behind] = (await stateOf('chats'))!
    expect(state).toBe('paused')
    expect(Number(behind)).toBeGreaterThan(0)
    expect((await run('projections', 'resume', 'chats')).code).toBe(0)
    await eventually(
      () => stateOf('chats'),
      (now) => now?.join() === 'live,0',
    )
    const decided = await database.events('ProjectionPaused', 'ProjectionResumed')
    expect(decided.map(({ type, stream, meta }) => [type, stream, meta.actor])).toEqual([
      ['ProjectionPaused', 'projection-chats', 'operator'],
      ['ProjectionResumed', 'projection-chats', 'operator'],
    ])
  })

  it('are rebuilt while the service runs, and come out the same', async () => {
    const certificates = [
      await run('projections', 'rebuild', 'messages'),
      await run('projections', 'rebuild', 'messages'),
    ]
    expect(certificates.map(({ code }) => code)).toEqual([0, 0])
    expect(certificates[0]!.output).toMatch(
      /^messages is rebuilt: version \d+, \d+ events, digest [0-9a-f]{64}, log root [0-9a-f]{64}\n$/,
    )
    expect(certificates[0]!.errors).toMatch(/^messages █+ \d+ of \d+, 100 %, .*\/s\n$/)
    const digests = certificates.map(({ output }) => /digest (\w+)/.exec(output)?.[1])
    expect(digests[1]).toBe(digests[0])
    expect((await database.events('ProjectionRebuilt')).map(({ data }) => data)).toMatchObject(
      digests.map((digest) => ({ projection: 'messages', digest, skipped: [] })),
    )

    const { output } = await run('projections', 'certificates', 'messages', '--limit', '2')
    expect(output).toMatch(
      new RegExp(
        `^at +version +position +skipped +digest +log root +differing\n(\\S+ +\\d+ +\\d+ +- +${digests[0]} +\\w+ +(none|-)\n){2}$`, // what was replaced a moment ago is not compared
      ),
    )
    expect((await run('projections', 'certificates', 'guests')).output).not.toMatch(/^at /) // never built beside
  })

  it.each(['pause', 'resume', 'retry', 'rebuild', 'certificates', 'skip'])(
    '%s must be told one that there is',
    async (what) => {
      expectFailure(
        await run('projections', what, 'chat', ...(what === 'skip' ? ['1', 'why not'] : [])),
        1,
        /no projection chat; there are .*chats/,
      )
    },
  )
})

describe('keys rotate', () => {
  it('wraps everything anew; the service goes on with the new key alone', async () => {
    const [before, after] = [world.environment.MASTER_KEY!, randomBytes(32).toString('hex')]
    expect((await run('keys', 'rotate')).output).toBe('every key is wrapped under MASTER_KEY already\n')
    const generated = join(world.folder, 'data/keys/master.key')
    await mkdir(dirname(generated), { recursive: true })
    await writeFile(generated, `${Buffer.from(before, 'hex').toString('base64url')}\n`)
    const both = { ...world.environment, MASTER_KEY: after, MASTER_KEY_PREVIOUS: before }
    const rotated = await ops({ folder: world.folder, environment: both }, 'keys', 'rotate')
    expect(rotated).toMatchObject({ code: 0, errors: expect.stringMatching(/^keys █+ \d+ of \d+, 100 %/) as string })
    expect(rotated.output).toMatch(
      /^\d+ keys are wrapped again; 0 keys of erased streams are destroyed\n\S+\/data\/keys\/master.key is removed: .*\nnow unset MASTER_KEY_PREVIOUS/,
    )
    expect(existsSync(generated)).toBe(false)
    const { id: master } = masterKey(Buffer.from(after, 'hex'))
    expect(await database.collection('keys').distinct('master')).toEqual([master])

    service.process.kill('SIGTERM')
    await service.ended
    expectFailure(await run('projections', 'list'), 1, 'set MASTER_KEY or MASTER_KEY_PREVIOUS')
    const url = await world.spawn({ ROLES: 'api,projector', MASTER_KEY: after }).url()
    expect((await ann.at(url).get('/api/users/profile')).body.data.user.email).toBe(ann.email)
    const found = await database.collection('log').findOne({ stream: 'keys' })
    expect(found).toMatchObject({
      meta: { actor: 'operator' },
      events: [{ type: 'MasterKeyRotated', data: { master, destroyed: 0 } }],
    })
  })
})

describe('config', () => {
  it('says what each variable is, where that comes from and what it does, and shows no key', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'verbatim-config-'))
    await writeFile(join(folder, '.env'), 'LOG_LEVEL=debug\nPORT=4000\n')
    const MASTER_KEY = '5a'.repeat(32)
    const environment = { PORT: '5000', MASTER_KEY, MONGODB_URI: 'mongodb://me:hunter2@db.example.org/chat' }
    const { code, output, errors } = await ops({ folder, environment }, 'config')
    expect([code, errors]).toEqual([0, ''])
    expect(output).toMatch(/^PORT="5000" \(environment\)\n {4}Where the service listens\./m)
    expect(output).toContain('LOG_LEVEL="debug" (.env)\n')
    expect(output).toContain('RETENTION_DAYS="183" (default)\n')
    expect(output).toContain('REDIS_URL= (not set)\n')
    expect(output).toContain('MASTER_KEY=64 characters (not shown) (environment)\n')
    expect(output).not.toMatch(/hunter2|5a5a/)
    const { output: few } = await ops({ folder, environment }, 'config', '--set', '--name', 'port')
    expect(few.match(/^[A-Z_]+=/gm)).toEqual(['PORT='])
    expectFailure(await ops({ folder, environment: { PORT: 'many' } }, 'config'), 1, 'PORT: got "many"')
    expectFailure(await ops({ folder, environment: {} }, 'config', '--name', 'colour'), 2, 'no variable has colour')
    await rm(folder, { recursive: true })
  })
})

describe('without a service', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'verbatim-cli-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }))

  it('says what is wrong with the configuration, or that there is no database', async () => {
    const environment = {
      MONGODB_URI: 'mongodb://user:hunter2@127.0.0.1:1',
      REDIS_URL: 'redis://127.0.0.1:1',
      MASTER_KEY: '00'.repeat(32),
    }
    expectFailure(
      await ops({ folder, environment }, 'projections', 'list'),
      1,
      /^verbatim: MONGODB_URI: no MongoDB at mongodb:\/\/…@127\.0\.0\.1:1/m,
    )
    expectFailure(
      await ops({ folder, environment: { LOG_LEVEL: 'loud' } }, 'projections', 'list'),
      1,
      'LOG_LEVEL: got "loud"',
    )
    expectFailure(await ops({ folder, environment }, 'projections'), 2, 'there is no command projections')
  })

  it('starts nothing and makes nothing in a folder that has no service', async () => {
    const somewhere = { MONGODB_URI: world.mongodbUri }
    for (const [environment, why] of [
      [{}, 'no service runs in '],
      [somewhere, 'no service runs in '],
      [{ REDIS_URL: world.environment.REDIS_URL! }, 'no service runs in '],
      [{ ...somewhere, REDIS_URL: world.environment.REDIS_URL! }, 'there is no master key in '],
    ] as const) {
      expectFailure(await audit({ folder, environment: { ...environment } }, 'export', 'log.ndjson'), 1, why)
      expect(await readdir(folder)).toEqual([])
    }
  })

  it('reaches the embedded engines, whether the service runs or not', async () => {
    const environment = { DATA_DIR: join(folder, 'data') }
    const started = new ServiceProcess(folder)
    const visitor = new Client(await started.url())
    const email = 'ann@example.org'
    const { body } = await visitor.post('/api/auth/register', { email, password: 'a long secret' })
    expect(await ops({ folder, environment }, 'users', 'grant', email, 'admin')).toMatchObject({ code: 0, errors: '' })
    expect((await visitor.with({ authorization: `Bearer ${body.data.token}` }).get('/feedback')).status).toBe(200)
    started.process.kill('SIGTERM')
    await started.ended

    expect((await ops({ folder, environment }, 'users', 'grant', email, 'admin')).output).toBe(`${email} is admin\n`)
    const again = new ServiceProcess(folder)
    await again.url() // the engines of the command line have left the folder
    again.process.kill('SIGKILL')
    await again.ended
    expect((await ops({ folder, environment }, 'projections', 'list')).code).toBe(0) // what a killed service left is not believed
  })

  it('follows nothing: what nobody projects stays as far as it is', async () => {
    const apart = await World.begin()
    const url = await apart.spawn({ ROLES: 'api' }).url()
    await new Client(url).with({ prefer: 'respond-async' }).post('/session/initialize_session')
    const lists = [await ops(apart, 'projections', 'list'), await ops(apart, 'projections', 'list')]
    expect(lists[0]!.output).toMatch(/^guests +\d+ +not begun +0 +1 +[\d.]+ +0 +- +-$/m)
    expect(lists[1]!.output).toMatch(/^guests +\d+ +not begun +0 +1 /m)
    await apart.end()
  })
})
