import type { Config, SettledConfig } from '../config.js'
import { masterKeyIn } from '../embedded/master-key.js'
import { CannotStart } from './cannot-start.js'

/** Completes what the configuration leaves open: with the engines that run for it, and the key that is generated. */
export async function settle(config: Config, engines: { mongoUri?: string; redisUrl?: string } = {}): Promise<SettledConfig> {
  const mongodbUri = config.mongodbUri ?? engines.mongoUri
  const redisUrl = config.redisUrl ?? engines.redisUrl
  if (!mongodbUri || !redisUrl) throw new CannotStart('no engine: set MONGODB_URI and REDIS_URL')
  return { ...config, mongodbUri, redisUrl, masterKey: config.masterKey ?? (await masterKeyIn(config.dataDir)) }
}
