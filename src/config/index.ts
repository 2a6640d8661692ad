import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type EdgeConfig, edgeConfig } from './edge.js'
import { type Environment, EnvironmentReader } from './environment.js'
import { type FilesConfig, filesConfig } from './files.js'
import { type GuestsConfig, guestsConfig, retentionMs } from './guests.js'
import { keyAndPrevious } from './keys.js'
import { type ModelsConfig, modelsConfig } from './models.js'
import { type NotaryConfig, notaryConfig } from './notary.js'
import { type RepliesConfig, repliesConfig } from './replies.js'
import { type ShutdownConfig, shutdownConfig } from './shutdown.js'
import { type TelemetryConfig, telemetryConfig } from './telemetry.js'
import { addressOf, number, oneOf, someOf, wholeNumber } from './values.js'

const environments = ['development', 'test', 'production'] as const
const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
const roles = ['api', 'worker', 'projector'] as const

export type LogLevel = (typeof levels)[number]
export type ProcessRole = (typeof roles)[number]

/** The environment, parsed and validated once. What is undefined here is embedded or generated. */
export interface Config {
  readonly production: boolean
  readonly logLevel: LogLevel
  /** Where the log is kept as well, one JSON object a line. */
  readonly logFile: string | undefined
  /** What this process does. */
  readonly roles: readonly ProcessRole[]
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly mongodbUri: string | undefined
  readonly redisUrl: string | undefined
  /** Where embedded engines and generated keys live; absolute. */
  readonly dataDir: string
  readonly mongodBin: string | undefined
  readonly redisBin: string | undefined
  readonly masterKey: Buffer | undefined
  /** The key that a rotation leaves behind: opens what it sealed, seals nothing new. */
  readonly masterKeyPrevious: Buffer | undefined
  readonly notary: NotaryConfig
  readonly edge: EdgeConfig
  readonly guests: GuestsConfig
  /** How far a read model may be behind before the process says that it is not ready; 0: as far as it will. */
  readonly readyMaxLagMs: number
  /** How long what was deleted, and what guests have left, is kept. */
  readonly retentionMs: number
  readonly models: ModelsConfig
  readonly replies: RepliesConfig
  readonly files: FilesConfig
  readonly telemetry: TelemetryConfig
  readonly shutdown: ShutdownConfig
}

/** A configuration in which nothing is open any more: what was not configured has been started or generated. */
export interface CompleteConfig extends Config {
  readonly mongodbUri: string
  readonly redisUrl: string
  readonly masterKey: Buffer
}

/** Under this token the settled configuration is injected. */
export const CONFIG = Symbol('config')

/** Reads the process's environment, and a .env file in the working directory for what the environment leaves open. */
export function loadConfig(): Config {
  if (existsSync('.env')) process.loadEnvFile('.env')
  return readConfig(process.env)
}

/** Throws one ConfigError that names every variable that is wrong. */
export function readConfig(environment: Environment): Config {
  const from = new EnvironmentReader(environment)
  const production = from.read('NODE_ENV', `one of ${environments.join(', ')}`, oneOf(environments)) === 'production'
  const mongodb = addressOf('mongodb', 'mongodb+srv')
  const redis = addressOf('redis', 'rediss')
  const mongodbUri = from.read('MONGODB_URI', 'mongodb://… or mongodb+srv://…', mongodb, 'address')
  const redisUrl = from.read('REDIS_URL', 'redis://… or rediss://…', redis, 'address')
  const embedded = !mongodbUri || !redisUrl
  const does = from.read('ROLES', `all, or some of ${roles.join(', ')}, comma-separated`, someOf(roles)) ?? roles
  const config: Config = {
    production,
    logLevel: from.read('LOG_LEVEL', `one of ${levels.join(', ')}`, oneOf(levels)) ?? 'info',
    logFile: from.read('LOG_FILE', 'a file', (path) => resolve(path)),
    roles: does,
    host: from.read('HOST', 'an address or a name to listen on', hostName) ?? (embedded ? '127.0.0.1' : '0.0.0.0'),
    port: from.read('PORT', 'a whole number from 0 to 65535', wholeNumber(0, 65_535)) ?? 3000,
    mongodbUri,
    redisUrl,
    dataDir: resolve(from.read('DATA_DIR', 'a folder', String) ?? 'data'),
    mongodBin: from.read('MONGOD_BIN', 'the path of a mongod', String),
    redisBin: from.read('REDIS_BIN', 'the path of a redis-server or valkey-server', String),
    ...masterKeys(from, production),
    notary: notaryConfig(from, { production, signs: does.includes('projector') }),
    edge: edgeConfig(from, production),
    guests: guestsConfig(from),
    readyMaxLagMs: (from.read('READY_MAX_LAG_SECONDS', 'seconds from 0 to 86400', number(0, 86_400)) ?? 60) * 1000,
    retentionMs: retentionMs(from),
    models: modelsConfig(from),
    replies: repliesConfig(from),
    files: filesConfig(from),
    telemetry: telemetryConfig(from),
    shutdown: shutdownConfig(from, { embedded }),
  }
  from.throwIfWrong()
  return config
}

const hostName = (text: string): string | undefined => (/^[\w.:-]+$/.test(text) ? text : undefined)

/** A generated key is fine where one person tries things out; a deployment must know where its key is kept. */
function masterKeys(from: EnvironmentReader, production: boolean): Pick<Config, 'masterKey' | 'masterKeyPrevious'> {
  const { key: masterKey, previous: masterKeyPrevious } = keyAndPrevious(
    from,
    'MASTER_KEY',
    production ? 'NODE_ENV=production' : undefined,
  )
  return { masterKey, masterKeyPrevious }
}
