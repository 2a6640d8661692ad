import type { CompleteConfig, Config } from '../config/index.js'
import { forgetGeneratedKey, loadKey, loadOrGenerateKey } from '../embedded/generated-key.js'
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

interface EngineAddresses {
  mongoUri?: string
  redisUrl?: string
}

/** Fills in what is not configured: the addresses of embedded engines, and generated keys. */
export async function completeConfig(config: Config, engines?: EngineAddresses): Promise<CompleteConfig> {
  const { production, dataDir, notary } = config
  const masterKey = config.masterKey ?? (await loadOrGenerateKey(dataDir, 'master'))
  const notaryKey = notary.key ?? (production ? undefined : await loadOrGenerateKey(dataDir, 'notary'))
  return {
    ...config,
    ...addresses(config, engines),
    masterKey,
    notary: { ...notary, key: notaryKey },
    ...forgetting(config),
  }
}

/** For a command in the service's deployment: it has no roles, and makes no keys, because a new key opens nothing. */
export async function completeCommandConfig(config: Config, engines?: EngineAddresses): Promise<CompleteConfig> {
  const masterKey = config.masterKey ?? (await loadKey(config.dataDir, 'master'))
  if (!masterKey)
    throw new StartupError(
      `there is no master key in ${config.dataDir}: set MASTER_KEY to that of the service, or run the command in the folder where the service is started`,
    )
  return { ...config, ...addresses(config, engines), masterKey, roles: [], ...forgetting(config) }
}

function addresses(config: Config, { mongoUri, redisUrl: ownRedis }: EngineAddresses = {}) {
  const mongodbUri = config.mongodbUri ?? mongoUri
  const redisUrl = config.redisUrl ?? ownRedis
  if (!mongodbUri || !redisUrl) throw new StartupError('there is no engine: set MONGODB_URI and REDIS_URL')
  return { mongodbUri, redisUrl }
}

/** After a rotation: the previous master key, if this project generated it. */
const forgetting = ({ dataDir, masterKeyPrevious: previous }: Config): Pick<CompleteConfig, 'forgetPreviousKey'> => ({
  forgetPreviousKey: async () => previous && (await forgetGeneratedKey(dataDir, 'master', previous)),
})
