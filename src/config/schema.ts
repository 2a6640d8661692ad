import { resolve } from 'node:path'
import { z } from 'zod'
import { models, replies } from './replies.js'
import { caps } from './caps.js'
import { edge } from './edge.js'
import { fileTypes } from './file-types.js'
import { keyPair, notary } from './keys.js'
import { telemetry } from './telemetry.js'
import { listOf, number, oneOf, pattern, trueOrFalse, uri, wholeNumber } from './values.js'
import { type Environment, group, isSet, textOf, variable } from './variables.js'

const roles = ['api', 'worker', 'projector'] as const
const rolesExpect = `all, or some of ${roles.join(', ')}, comma-separated`
const processRoles = listOf(z.enum([...roles, 'all'], rolesExpect)).transform((names): readonly ProcessRole[] =>
  names.includes('all') ? roles : roles.filter((role) => names.includes(role)),
)

/** What a process does. */
type ProcessRole = (typeof roles)[number]

const logLevel = oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace'])

const environmentName = oneOf(['development', 'test', 'production'])
const hostName = pattern(/^[\w.:-]+$/, 'an address or a name to listen on')
const lagSeconds = number(0, 86_400, 'seconds from 0 to 86400')
const retentionDays = number(0.000_01, 36_500, 'days, more than 0 and up to 36500')

/** People without an account. */
const guests = group({
  /** Whether people without an account may begin a session and use it. */
  allowed: variable('ALLOW_GUESTS', trueOrFalse.default(true)),
  /** A session without activity for this long has expired. */
  idleMs: variable(
    'SESSION_IDLE_MINUTES',
    number(0.001, 525_600, 'minutes, more than 0 and up to 525600')
      .default(30)
      .transform((minutes) => minutes * 60_000),
  ),
  promptsPerMinute: variable('SESSION_PROMPTS_PER_MINUTE', wholeNumber('a number', 1, 1_000_000).default(5)),
})

/** What a configuration is for. */
export interface ConfigUse {
  /** A command has no roles: it signs nothing and lets nobody in, so it needs no keys for that. */
  readonly isCommand?: boolean
  /** What relative paths begin at. */
  readonly folder?: string
}

/** The whole configuration. What is undefined in it is embedded, generated or switched off. */
export function configSchema(environment: Environment, { isCommand = false, folder = '.' }: ConfigUse = {}) {
  const production = textOf(environment, 'NODE_ENV') === 'production'
  const embedded = !isSet(environment, 'MONGODB_URI') || !isSet(environment, 'REDIS_URL')
  const signs = processRoles.safeParse(textOf(environment, 'ROLES') ?? 'all').data?.includes('projector') ?? true
  // Generated keys are fine where one person tries things out. A deployment must know where its keys are kept.
  const requiredBecause = production ? 'NODE_ENV=production' : undefined
  const servesBecause = isCommand ? undefined : requiredBecause
  const absolutePath = z.string().transform((path) => resolve(folder, path))
  const shutdownMs = wholeNumber('milliseconds', 0, 600_000)
  return group({
    production: variable(
      'NODE_ENV',
      environmentName.optional().transform((name) => name === 'production'),
    ),
    mongodbUri: variable('MONGODB_URI', uri('mongodb', 'mongodb+srv').optional(), 'address'),
    redisUrl: variable('REDIS_URL', uri('redis', 'rediss').optional(), 'address'),
    roles: variable('ROLES', processRoles.default(roles)),
    logLevel: variable('LOG_LEVEL', logLevel.default('info')),
    /** A file for the log as well, one JSON object a line. */
    logFile: variable('LOG_FILE', absolutePath.optional()),
    /** Where engines are embedded, one person works on one machine, so the service is not open to other machines. */
    host: variable('HOST', hostName.default(embedded ? '127.0.0.1' : '0.0.0.0')),
    /** 0: the system chooses one. */
    port: variable('PORT', wholeNumber('a whole number', 0, 65_535).default(3000)),
    /** The folder for embedded engines and generated keys. */
    dataDir: variable('DATA_DIR', absolutePath.default(resolve(folder, 'data'))),
    mongodBin: variable('MONGOD_BIN', z.string().optional()),
    /** Where the embedded mongod is downloaded from, on platforms for which the registry has none. */
    mongodMirror: variable('MONGOD_MIRROR', uri('http', 'https').optional(), 'address'),
    redisBin: variable('REDIS_BIN', z.string().optional()),
    master: keyPair(environment, 'MASTER_KEY', requiredBecause),
    notary: notary(environment, signs ? servesBecause : undefined),
    edge: edge(servesBecause),
    guests,
    caps,
    /** How far a read model may be behind before the process says that it is not ready; 0: any distance. */
    readyMaxLagMs: variable(
      'READY_MAX_LAG_SECONDS',
      lagSeconds.default(60).transform((seconds) => seconds * 1000),
    ),
    /** How long deleted chats and the sessions of guests are kept. */
    retentionMs: variable(
      'RETENTION_DAYS',
      retentionDays.default(183).transform((days) => days * 86_400_000),
    ),
    models,
    replies,
    files: group({
      maxBytes: variable('FILE_MAX_BYTES', wholeNumber('bytes', 1024, 1_073_741_824).default(20 * 1024 * 1024)),
      types: variable('FILE_TYPES', fileTypes),
    }),
    telemetry,
    shutdown: group({
      /** How long the process still serves after /health/ready says that it is not ready. */
      delayMs: variable('SHUTDOWN_DELAY_MS', shutdownMs.default(0)),
      /** How long requests and replies that have begun may take after that. Shorter where a person has pressed Ctrl-C. */
      graceMs: variable('SHUTDOWN_GRACE_MS', shutdownMs.default(embedded ? 4_000 : 25_000)),
    }),
  }).transform(({ master, ...config }) => ({
    ...config,
    masterKey: master.key,
    /** While a rotation is under way: opens what it has sealed, and seals nothing new. */
    masterKeyPrevious: master.previous,
  }))
}
