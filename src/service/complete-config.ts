import type { CompleteConfig, Config } from '../config/index.js'
import { loadOrGenerateKey } from '../embedded/generated-key.js'
import { type EmbeddedEngines, startEngines } from '../embedded/index.js'
import { StartupError } from './errors.js'

/** Starts the engines whose address is not configured. Undefined when both addresses are. */
export async function startMissingEngines(
  { mongodbUri, redisUrl, dataDir, mongodBin, mongodMirror, redisBin }: Config,
  say: (line: string) => void,
): Promise<EmbeddedEngines | undefined> {
  if (mongodbUri && redisUrl) return undefined
  return startEngines({ dataDir, mongo: !mongodbUri, redis: !redisUrl, mongodBin, mongodMirror, redisBin, say })
}

/** Fills in what is not configured: the addresses of embedded engines, and generated keys. */
export async function completeConfig(
  config: Config,
  engines: { mongoUri?: string; redisUrl?: string } = {},
): Promise<CompleteConfig> {
  const mongodbUri = config.mongodbUri ?? engines.mongoUri
  const redisUrl = config.redisUrl ?? engines.redisUrl
  if (!mongodbUri || !redisUrl) throw new StartupError('there is no engine: set MONGODB_URI and REDIS_URL')
  const { production, dataDir, notary } = config
  const masterKey = config.masterKey ?? (await loadOrGenerateKey(dataDir, 'master'))
  const notaryKey = notary.key ?? (production ? undefined : await loadOrGenerateKey(dataDir, 'notary'))
  return { ...config, mongodbUri, redisUrl, masterKey, notary: { ...notary, key: notaryKey } }
}
