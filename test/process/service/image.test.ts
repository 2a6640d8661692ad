import { execFile, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv, promisify } from 'node:util'
import { readConfig } from '../../../src/config/index.js'
import { World } from '../../support/world.js'
import { eventually } from '../../support/event-store/engines.js'

interface Service {
  environment?: Record<string, string | number>
  env_file?: string
  ports?: string[]
  profiles?: string[]
  stop_grace_period?: string
}

/** The parser that Swagger writes its documents with. */
const yaml = createRequire(import.meta.resolve('@nestjs/swagger'))('js-yaml') as { load: (text: string) => unknown }
const text = readFileSync('docker-compose.yml', 'utf8')
const services = Object.fromEntries(
  Object.entries((yaml.load(text) as { services: Record<string, Service> }).services).map(([name, service]) => [
    name,
    merged(service),
  ]),
)
const ours = Object.entries(services).filter(([, { env_file }]) => env_file)
const example = parseEnv(readFileSync('.env.example', 'utf8')) as Record<string, string>
const secrets = ['MASTER_KEY', 'JWT_SECRET', 'NOTARY_KEY', 'NOTARY_ORIGIN', 'METRICS_TOKEN']
/** Only docker-compose.yml reads them. */
const passwords = ['MONGODB_PASSWORD', 'REDIS_PASSWORD']

/** `<<` is no part of YAML any more, but of what Docker reads. */
function merged<T extends object>(mapping: T & { '<<'?: Partial<T> }): T {
  const { '<<': base, ...own } = mapping
  return { ...base, ...own } as T
}

/** As Docker does it: `:?` refuses what is not set or empty, `:-` has something else instead. */
function interpolated(value: string, from: Record<string, string>): string {
  return value.replace(/\$\{(\w+):([?-])([^}]*)\}/g, (_, name: string, kind: string, other: string) => {
    if (from[name]) return from[name]
    if (kind === '?') throw new Error(`${name} ${other}`)
    return other
  })
}

const environmentOf = ({ environment = {} }: Service, from: Record<string, string>) => ({
  ...from,
  ...Object.fromEntries(
    Object.entries(merged(environment)).map(([name, value]) => [name, interpolated(String(value), from)]),
  ),
})

const secretly = {
  ...example,
  ...Object.fromEntries(passwords.map((name) => [name, `the-${name}`])),
  ...Object.fromEntries(secrets.map((name) => [name, name === 'NOTARY_ORIGIN' ? 'log.example' : '7'.repeat(64)])),
}

describe('docker-compose.yml', () => {
  it('names no variable that .env.example does not explain', () => {
    const named = [...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name!)
    const given = ours.flatMap(([, { environment = {} }]) => Object.keys(merged(environment)))
    expect(named).toEqual(expect.arrayContaining(secrets))
    expect([...named, ...given].filter((name) => !(name in example) && !passwords.includes(name))).toEqual([])
  })

  it.each([
    ['api', ['api'], false],
    ['worker', ['worker'], false],
    ['projector', ['projector'], true],
    ['one', ['api', 'worker', 'projector'], true],
  ])('%s starts with its roles, in production, with a key to sign only if it signs', (name, roles, signs) => {
    const config = readConfig(environmentOf(services[name]!, secretly))
    expect(config).toMatchObject({
      production: true,
      roles,
      host: '0.0.0.0',
      port: 3000,
      mongodbUri: expect.stringContaining('mongodb:27017'),
      redisUrl: 'redis://:the-REDIS_PASSWORD@valkey:6379',
      telemetry: { metricsToken: secretly.METRICS_TOKEN },
      shutdown: { delayMs: 5000 },
    })
    expect(new URL(config.mongodbUri!)).toMatchObject({ username: 'verbatim', password: 'the-MONGODB_PASSWORD' })
    expect(config.notary.key !== undefined).toBe(signs)
  })

  it.each([...secrets, ...passwords])('says so when %s is not in .env', (secret) => {
    const missing = ours
      .filter(([, { profiles }]) => !profiles)
      .map(
        ([, service]) =>
          () =>
            environmentOf(service, { ...secretly, [secret]: '' }),
      )
    expect(() => missing.forEach((start) => start())).toThrow(
      `${secret} is not set in .env, see the top of docker-compose.yml`,
    )
  })

  it('gives its engines the passwords that its processes have', () => {
    const given = (name: string) => Object.values(environmentOf(services[name]!, secretly))
    expect(given('mongodb')).toContain('the-MONGODB_PASSWORD')
    expect(given('valkey')).toContain('the-REDIS_PASSWORD')
    expect(text).toContain('--keyFile')
    expect(text).toContain('--requirepass')
  })

  it('gives a process more time to end than it takes', () => {
    for (const [, service] of ours) {
      const { delayMs, graceMs } = readConfig(environmentOf(service, secretly)).shutdown
      expect(parseInt(service.stop_grace_period!) * 1000).toBeGreaterThanOrEqual(delayMs + graceMs + 5_000)
    }
  })
})

describe('the image', () => {
  const dockerfile = readFileSync('Dockerfile', 'utf8')

  it('is made of files that there are, and that Docker is given', () => {
    const given = new Set(
      readFileSync('.dockerignore', 'utf8')
        .split('\n')
        .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : [])),
    )
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files]) => files!.split(' '))
    expect(copied).toEqual(expect.arrayContaining(['package.json', 'src']))
    expect(copied.filter((file) => !existsSync(file) || !given.has(file))).toEqual([])
  })

  it('has what the service needs: with production packages alone it starts, is ready, obeys operators, and ends', async () => {
    const [, program] = /^CMD \["node", "(.+)"\]$/m.exec(dockerfile)!
    const folder = await mkdtemp(join(tmpdir(), 'verbatim-image-'))
    const world = await World.begin({
      ...Object.fromEntries(secrets.map((name) => [name, secretly[name]!])),
      NODE_ENV: 'production',
      LOG_LEVEL: 'info',
    })
    try {
      for (const file of ['package.json', 'package-lock.json', '.npmrc', 'LICENSE']) await cp(file, join(folder, file))
      await cp('build/src', join(folder, 'dist'), { recursive: true })
      await cp('build/node_modules', join(folder, 'dist/node_modules'), { recursive: true })
      await promisify(execFile)(
        'npm',
        ['ci', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'],
        { cwd: folder },
      )
      const { PATH = '' } = process.env
      const options = { cwd: folder, env: { ...world.environment, PATH, PORT: '0' } }
      const service = spawn(process.execPath, [program!], options)
      let output = ''
      for (const stream of [service.stdout, service.stderr]) stream.on('data', (said) => (output += String(said)))
      const ended = new Promise((done) => service.once('close', done))
      try {
        const [, port] = await eventually(async () => /listening on .*, port (\d+)/.exec(output)!, Boolean)
        await eventually(
          async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).status,
          (status) => status === 200,
        )
        const { stdout } = await promisify(execFile)(
          process.execPath,
          ['dist/cli.js', 'ops', 'projections', 'list'],
          options,
        )
        expect(stdout).toMatch(/^messages +\d+ +live /m)
        service.kill('SIGTERM')
        expect([await ended, output.match(/error/gi)]).toEqual([0, null])
      } finally {
        service.kill('SIGKILL')
        await ended
      }
    } finally {
      await world.end()
      await rm(folder, { recursive: true, force: true })
    }
  }, 240_000)
})
