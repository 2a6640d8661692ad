import { Logger } from '@nestjs/common'
import { MongoClient } from 'mongodb'
import type { CompleteConfig } from '../config/index.js'
import { withoutCredentials } from '../config/environment.js'
import { StartupError } from './errors.js'

/**
 * A frozen primary must not hold a request for the driver's usual 30 s: two seconds tell that it is gone, and within
 * five another is found or the caller hears that there is none.
 */
const patience = { connectTimeoutMS: 2000, heartbeatFrequencyMS: 2000, serverSelectionTimeoutMS: 5000 }

/** Nothing works without the log, so a service that can't reach it doesn't start. */
export async function connectMongo({ mongodbUri, production }: CompleteConfig): Promise<MongoClient> {
  const client = new MongoClient(mongodbUri, { appName: 'verbatim', ...patience })
  try {
    await client.connect()
    if (production) await warnAboutStandalone(client)
    return client
  } catch (error) {
    await client.close()
    throw new StartupError(`MONGODB_URI: no MongoDB at ${withoutCredentials(mongodbUri)}: ${String(error)}`)
  }
}

/** The database that the URI names, or ours. */
export function databaseName(mongodbUri: string): string {
  return /^[^/]+:\/\/[^/]+\/([^?]+)/.exec(mongodbUri)?.[1] ?? 'verbatim'
}

async function warnAboutStandalone(client: MongoClient): Promise<void> {
  const { setName, msg } = await client.db('admin').command({ hello: 1 })
  if (setName || msg === 'isdbgrid') return
  new Logger('MongoDB').warn(
    'this mongod is no replica set member: when its machine dies, what it has acknowledged dies too. ' +
      'Use a replica set in production.',
  )
}
