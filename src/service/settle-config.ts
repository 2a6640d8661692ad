import type { Config, SettledConfig } from '../config.js'
import { keyIn } from '../embedded/generated-key.js'
import { CannotStart } from './cannot-start.js'

/** Completes what the configuration leaves open: with the engines that run for it, and the keys that are generated. */
export async function settleConfig(
  config: Config,
  engines: { mongoUri?: string; redisUrl?: string } = {},
): Promise<SettledConfig> {
  const mongodbUri = config.mongodbUri ?? engines.mongoUri
  const redisUrl = config.redisUrl ?? engines.redisUrl
  if (!mongodbUri || !redisUrl) throw new CannotStart('no engine: set MONGODB_URI and REDIS_URL')
  const { production, dataDir, notary } = config
  const masterKey = config.masterKey ?? (await keyIn(dataDir, 'master'))
  const notaryKey = notary.key ?? (production ? undefined : await keyIn(dataDir, 'notary'))
  return { ...config, mongodbUri, redisUrl, masterKey, notary: { ...notary, key: notaryKey } }
}
