import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { readConfig } from '../../../src/config/index.js'
import { ConfigError } from '../../../src/config/variables.js'

const hex = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'
const key = Buffer.from(hex, 'hex')

function refusalOf(environment: Record<string, string>): string {
  try {
    readConfig(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return 'nothing was refused'
}

describe('nothing configured', () => {
  const config = readConfig({})

  it('does everything, on this machine alone', () => {
    expect(config).toMatchObject({ host: '127.0.0.1', port: 3000, roles: ['api', 'worker', 'projector'] })
  })

  it('leaves engines and key to be embedded and generated, in ./data', () => {
    expect(config).toMatchObject({ mongodbUri: undefined, redisUrl: undefined, masterKey: undefined })
    expect(config.dataDir).toBe(`${process.cwd()}/data`)
  })

  it('is development', () => {
    expect(config).toMatchObject({ production: false, logLevel: 'info' })
  })

  it('is the same when the variables are there but empty', () => {
    const names = ['PORT', 'HOST', 'NODE_ENV', 'LOG_LEVEL', 'ROLES', 'MONGODB_URI', 'REDIS_URL', 'DATA_DIR']
    expect(readConfig(Object.fromEntries(names.map((name) => [name, ' '])))).toEqual(config)
  })
})

describe('a command', () => {
  const keys = { NODE_ENV: 'production', MASTER_KEY: hex }

  it('needs no keys of roles that it does not have', () => {
    expect(() => readConfig(keys)).toThrow('NOTARY_KEY')
    expect(readConfig(keys, { isCommand: true })).toMatchObject({ production: true, masterKey: key })
    expect(() => readConfig({ NODE_ENV: 'production' }, { isCommand: true })).toThrow('MASTER_KEY')
  })

  it('finds what is relative to the folder of the service', () => {
    expect(readConfig({}, { folder: '/srv/chat' }).dataDir).toBe('/srv/chat/data')
    expect(readConfig({ DATA_DIR: 'kept' }, { folder: '/srv/chat' }).dataDir).toBe('/srv/chat/kept')
  })
})

describe('a right value', () => {
  const servers = { MONGODB_URI: 'mongodb://a:27017,b:27017/x?replicaSet=rs0', REDIS_URL: 'rediss://:pw@cache:6380/1' }

  it.each([
    ['PORT', '0', { port: 0 }],
    ['PORT', '8*1000', { port: 8000 }],
    ['PORT', '2 * 5 * 300', { port: 3000 }],
    ['HOST', '::1', { host: '::1' }],
    ['NODE_ENV', 'test', { production: false }],
    ['LOG_LEVEL', 'trace', { logLevel: 'trace' }],
    ['ROLES', 'all', { roles: ['api', 'worker', 'projector'] }],
    ['ROLES', 'projector, api', { roles: ['api', 'projector'] }],
    ['MONGODB_URI', 'mongodb+srv://u:p@cluster', { mongodbUri: 'mongodb+srv://u:p@cluster' }],
    ['REDIS_URL', 'redis://localhost', { redisUrl: 'redis://localhost' }],
    ['DATA_DIR', '/var/lib/verbatim', { dataDir: '/var/lib/verbatim' }],
    ['LOG_FILE', '/var/log/app.log', { logFile: '/var/log/app.log' }],
    ['MONGOD_BIN', '/opt/mongod', { mongodBin: '/opt/mongod' }],
    ['REDIS_BIN', '/opt/valkey-server', { redisBin: '/opt/valkey-server' }],
    [
      'METRICS_TOKEN',
      'for-prometheus-only',
      { telemetry: { metricsToken: 'for-prometheus-only', tracing: undefined } },
    ],
    [
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'http://collector:4318',
      { telemetry: { tracing: { endpoint: 'http://collector:4318', sampler: 'parentbased_always_on', ratio: 1 } } },
    ],
    ['JWT_SECRET', 'your-secret-key', { edge: { jwtSecret: 'your-secret-key' } }],
    ['SECRET_KEY', 'your-secret-key', { edge: { jwtSecret: 'your-secret-key' } }],
    ['JWT_EXPIRES_IN', '12h', { edge: { jwtExpiresInMs: 43_200_000 } }],
    ['JWT_EXPIRES_IN', '3600', { edge: { jwtExpiresInMs: 3_600_000 } }],
    [
      'FRONTEND_URL',
      'http://localhost:5173/, https://x.example',
      { edge: { origins: ['http://localhost:5173', 'https://x.example'] } },
    ],
    ['TRUST_PROXY', 'true', { edge: { trustedProxies: 1 } }],
    ['TRUST_PROXY', '2', { edge: { trustedProxies: 2 } }],
    ['TRUST_PROXY', '10.0.0.0/8, ::1', { edge: { trustedProxies: ['10.0.0.0/8', '::1'] } }],
    ['RATE_LIMIT_WINDOW_MS', '15*60*1000', { edge: { rateWindowMs: 900_000 } }],
    ['RATE_LIMIT_MAX', '7', { edge: { ratePerAddress: 7 } }],
    ['RATE_LIMIT_MAX_REQUESTS', '7', { edge: { ratePerAddress: 7 } }],
    ['OLLAMA_API_URL', 'http://localhost:11434', { models: { ollamaUrl: 'http://localhost:11434' } }],
    ['DEFAULT_MODEL', 'ollama/llama3.2:3b', { models: { defaultModel: 'ollama/llama3.2:3b' } }],
    ['REPLY_ATTEMPTS', '3', { replies: { attempts: 3 } }],
    ['ALLOW_GUESTS', 'false', { guests: { allowed: false } }],
    ['SESSION_IDLE_MINUTES', '0.5', { guests: { idleMs: 30_000 } }],
    ['SESSION_PROMPTS_PER_MINUTE', '2*5', { guests: { promptsPerMinute: 10 } }],
    ['READY_MAX_LAG_SECONDS', '0.5', { readyMaxLagMs: 500 }],
    ['SHUTDOWN_DELAY_MS', '5*1000', { shutdown: { delayMs: 5000, graceMs: 4000 } }],
    ['SHUTDOWN_GRACE_MS', '0', { shutdown: { delayMs: 0, graceMs: 0 } }],
    ['RETENTION_DAYS', '30', { retentionMs: 2_592_000_000 }],
    ['MASTER_KEY', hex, { masterKey: key }],
    ['MASTER_KEY', hex.toUpperCase(), { masterKey: key }],
    ['MASTER_KEY', key.toString('base64'), { masterKey: key }],
    ['MASTER_KEY', key.toString('base64url'), { masterKey: key }],
  ])('%s=%s', (name, value, expected) => {
    expect(readConfig({ [name]: value })).toMatchObject(expected)
  })

  it('listens to every address when both engines are elsewhere', () => {
    expect(readConfig(servers).host).toBe('0.0.0.0')
  })

  it('gives what has begun more time to end where nobody sits before it', () => {
    expect(readConfig(servers).shutdown.graceMs).toBe(25_000)
  })

  it('listens to this machine alone as long as one engine is embedded', () => {
    expect(readConfig({ MONGODB_URI: servers.MONGODB_URI }).host).toBe('127.0.0.1')
  })
})

describe('a wrong value is refused with its name, what came and what is expected', () => {
  it.each([
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '256*256', 'a whole number from 0 to 65535'],
    ['PORT', '3000 # mine', 'a whole number from 0 to 65535'],
    ['PORT', '1e3', 'a whole number from 0 to 65535'],
    ['HOST', 'two words', 'an address'],
    ['NODE_ENV', 'prod', 'one of development, test, production'],
    ['LOG_LEVEL', 'verbose', 'one of fatal, error, warn, info, debug, trace'],
    ['ROLES', 'api,painter', 'api, worker, projector'],
    ['ROLES', ',', 'api, worker, projector'],
    ['MONGODB_URI', 'localhost:27017', 'mongodb://'],
    ['MONGODB_URI', 'mongodb://', 'mongodb://'],
    ['REDIS_URL', 'http://cache', 'redis://'],
    ['JWT_EXPIRES_IN', 'a week', 'a span of time'],
    ['JWT_EXPIRES_IN', '0d', 'a span of time'],
    ['FRONTEND_URL', 'example.org', 'addresses of pages'],
    ['TRUST_PROXY', 'yes', 'the number of proxies (1), or their networks'],
    ['TRUST_PROXY', '10.0.0.0/33', 'the number of proxies (1), or their networks'],
    ['RATE_LIMIT_MAX_REQUESTS', '0', 'a number of requests'],
    ['OPENAI_BASE_URL', 'api.example.org', 'http://'],
    ['DEFAULT_MODEL', 'a model', 'such as openai/'],
    ['WORKER_CONCURRENCY', '0', 'from 1 to 1000'],
    ['ALLOW_GUESTS', 'maybe', 'true or false'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'http://'],
    ['OTEL_TRACES_SAMPLER', 'sometimes', 'one of always_on'],
    ['OTEL_TRACES_SAMPLER_ARG', '2', 'from 0 to 1'],
    ['SESSION_IDLE_MINUTES', '0', 'minutes, more than 0'],
    ['SESSION_IDLE_MINUTES', '.5', 'minutes'],
    ['RETENTION_DAYS', 'forever', 'days'],
    ['SHUTDOWN_GRACE_MS', '-1', 'milliseconds from 0 to 600000'],
  ])('%s=%s', (name, value, expected) => {
    const refusal = refusalOf({ [name]: value })
    expect(refusal).toContain(`${name}: got ${JSON.stringify(value)}, expects `)
    expect(refusal).toContain(expected)
  })

  it('all of them at once', () => {
    const refusal = refusalOf({ PORT: 'x', LOG_LEVEL: 'y', ROLES: 'z', MASTER_KEY: 'q' })
    expect(refusal.match(/^ {2}[A-Z_]+(?=:)/gm)).toEqual(['  ROLES', '  LOG_LEVEL', '  PORT', '  MASTER_KEY'])
  })
})

describe('secrets', () => {
  it.each([
    ['MASTER_KEY', 'hunter2hunter2'],
    ['MASTER_KEY_PREVIOUS', 'hunter2hunter2'],
    ['MONGODB_URI', 'mysql://root:hunter2@db/x?password=hunter2'],
    ['MONGODB_URI', 'root:hunter2@db'],
    ['REDIS_URL', 'http://:hunter2@cache'],
  ])('%s is not printed when it is wrong', (name, value) => {
    const refusal = refusalOf({ [name]: value })
    expect(refusal).toContain(name)
    expect(refusal).not.toContain('hunter2')
  })

  it('a key of another length is no key', () => {
    for (const length of [16, 31, 33, 64]) {
      expect(refusalOf({ MASTER_KEY: Buffer.alloc(length, 7).toString('base64') })).toContain('MASTER_KEY: got')
    }
  })

  it('production needs a master key that somebody keeps', () => {
    expect(refusalOf({ NODE_ENV: 'production' })).toContain('MASTER_KEY: got nothing')
    expect(readConfig({ NODE_ENV: 'production', MASTER_KEY: hex, JWT_SECRET: hex, NOTARY_KEY: hex }).production).toBe(
      true,
    )
  })

  it('production needs a notary key where there is a notary, and two different ones for a change', () => {
    const production = { NODE_ENV: 'production', MASTER_KEY: hex, JWT_SECRET: hex }
    expect(refusalOf(production)).toContain('NOTARY_KEY: got nothing')
    expect(readConfig({ ...production, ROLES: 'api,worker' }).notary).toEqual({
      origin: undefined,
      key: undefined,
      previous: undefined,
    })
    expect(refusalOf({ NOTARY_KEY_PREVIOUS: hex })).toContain('NOTARY_KEY: got nothing')
    expect(refusalOf({ NOTARY_KEY: hex, NOTARY_KEY_PREVIOUS: hex })).toContain('NOTARY_KEY_PREVIOUS: got the same key')
    for (const origin of ['a b', 'a+b', 'x'.repeat(201)])
      expect(refusalOf({ NOTARY_ORIGIN: origin })).toContain('NOTARY_ORIGIN: got')
  })

  it('production needs a secret for tokens that nobody guesses', () => {
    expect(refusalOf({ NODE_ENV: 'production', MASTER_KEY: hex })).toContain('JWT_SECRET: got nothing')
    expect(refusalOf({ NODE_ENV: 'production', MASTER_KEY: hex, SECRET_KEY: 'short' })).toContain(
      'SECRET_KEY: got 5 characters',
    )
  })

  it('a rotation needs two different keys', () => {
    expect(refusalOf({ MASTER_KEY_PREVIOUS: hex })).toContain('MASTER_KEY: got nothing')
    expect(refusalOf({ MASTER_KEY: hex, MASTER_KEY_PREVIOUS: hex })).toContain('the same key as MASTER_KEY')
  })
})

it('.env.example explains every variable, and its values are the defaults', () => {
  const asked = new Set<string>()
  const environment = new Proxy<Record<string, string>>({}, { get: (_, name) => void asked.add(String(name)) })
  const config = readConfig(environment)
  const example = parseEnv(readFileSync('.env.example', 'utf8'))
  expect(Object.keys(example).sort()).toEqual([...asked].sort())
  expect(readConfig(example)).toEqual(config)
})
