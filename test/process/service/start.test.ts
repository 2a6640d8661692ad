import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive, ServiceProcess } from '../../support/service-process.js'
import { until } from '../../support/until.js'

let folder: string
const started: ServiceProcess[] = []

function start(environment: Record<string, string> = {}): ServiceProcess {
  const service = new ServiceProcess(folder, environment)
  started.push(service)
  return service
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verbatim-start-'))
})

afterEach(async () => {
  for (const service of started.splice(0)) {
    service.process.kill('SIGKILL')
    await service.ended
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})

async function expectGone(pids: number[], service: ServiceProcess): Promise<void> {
  const allGone = () => pids.every((pid) => !isAlive(pid)) || undefined
  await until(`processes ${pids.join(', ')} are gone`, allGone, service)
}

async function expectInOrder(service: ServiceProcess, signals: readonly NodeJS.Signals[]): Promise<void> {
  const engines = await service.enginePids()
  for (const signal of signals) service.process.kill(signal)
  expect(await service.ended).toBe(0)
  expect(engines.filter(isAlive)).toEqual([])
}

describe('with nothing configured', () => {
  it('serves, with engines and keys of its own, and shows the key of a first administrator once', async () => {
    const service = start()
    const url = await service.url()

    const health = await fetch(`${url}/health`)
    expect(health.status).toBe(200)
    expect(await health.json()).toMatchObject({ status: 'OK', timestamp: expect.stringMatching(/^\d{4}-.*Z$/) })

    const ready = await fetch(`${url}/health/ready`)
    expect(ready.status).toBe(200)
    expect(await ready.json()).toMatchObject({ status: 'OK', mongodb: true, redis: true })

    const masterKey = await stat(join(folder, 'data/keys/master.key'))
    expect(masterKey.mode & 0o777).toBe(0o600)

    const [, key] = /admin +x-api-key: (\S+)/.exec(service.output)!
    const profile = await fetch(`${url}/api/users/profile`, { headers: { 'x-api-key': key! } })
    expect(await profile.json()).toMatchObject({ data: { user: { role: 'admin' } } })
    await expectInOrder(service, ['SIGTERM'])

    const again = start()
    const at = await again.url()
    expect(again.output).not.toContain('x-api-key')
    expect((await fetch(`${at}/api/users/profile`, { headers: { 'x-api-key': key! } })).status).toBe(200)
  })

  it('ends in order and leaves no process, however it is told', async () => {
    const closed = start()
    await closed.url()
    await expectInOrder(closed, ['SIGHUP']) // the terminal is closed

    const interrupted = start()
    await interrupted.url()
    await expectInOrder(interrupted, ['SIGINT', 'SIGINT']) // Ctrl-C, which npm sends a second time
  })

  it('takes its engines along when it is killed, starts again over the same data, and ends when they are lost', async () => {
    const killed = start()
    await killed.url()
    const before = await killed.enginePids()
    killed.process.kill('SIGKILL')
    await expectGone(before, killed)

    const service = start()
    expect((await fetch(`${await service.url()}/health/ready`)).status).toBe(200)
    const engines = await service.enginePids()
    process.kill(engines[0]!, 'SIGKILL')
    expect(await service.ended).toBe(1)
    expect(service.output).toMatch(/verbatim: .*supervisor/)
    await expectGone(engines, service)
  })
})

describe('with an engine away', () => {
  it('is alive without Redis, and says that it is not ready', async () => {
    const service = start({ REDIS_URL: 'redis://user:secret@127.0.0.1:1' })
    const url = await service.url()
    expect((await fetch(`${url}/health`)).status).toBe(200)

    const ready = await fetch(`${url}/health/ready`)
    expect(ready.status).toBe(503)
    expect(ready.headers.get('content-type')).toContain('application/problem+json')
    expect(await ready.json()).toMatchObject({ status: 503, code: 'not_ready', missing: ['Redis'] })
    expect(service.output).not.toContain('secret')
  })

  it('does not start without MongoDB, and names the variable', async () => {
    const service = start({ MONGODB_URI: 'mongodb://user:secret@127.0.0.1:1', REDIS_URL: 'redis://127.0.0.1:1' })
    expect(await service.ended).toBe(1)
    expect(service.output).toContain('verbatim: MONGODB_URI: no MongoDB at mongodb://…@127.0.0.1:1')
    expect(service.output).not.toContain('secret')
  })
})

describe('with a mistake in its configuration', () => {
  it('names a port that is taken, and leaves no engine behind', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((listening) => other.once('listening', listening))
    const { port } = other.address() as AddressInfo
    try {
      const service = start({ PORT: String(port) })
      expect(await service.ended).toBe(1)
      expect(service.output).toContain(`verbatim: PORT: ${port} on 127.0.0.1 is taken`)
      await expectGone(await service.enginePids().catch(() => []), service)
    } finally {
      other.close()
    }
  })

  it('names every wrong variable, and starts nothing', async () => {
    const service = start({ PORT: 'many', LOG_LEVEL: 'loud' })
    expect(await service.ended).toBe(1)
    expect(service.output).toContain('PORT: got "many", expects a whole number')
    expect(service.output).toContain('LOG_LEVEL: got "loud", expects one of')
    await expect(stat(join(folder, 'data'))).rejects.toThrow('ENOENT')
  })

  it('reads a .env file where it is started, below what the environment says', async () => {
    await writeFile(join(folder, '.env'), 'PORT=from-the-file\nLOG_LEVEL=loud\n')
    const service = start()
    expect(await service.ended).toBe(1)
    expect(service.output).toContain('LOG_LEVEL: got "loud"')
    expect(service.output).not.toContain('PORT')
  })
})
