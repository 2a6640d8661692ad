import { Logger } from '@nestjs/common'
import { MongoClient } from 'mongodb'
import type { CompleteConfig } from '../config/index.js'
import { withoutCredentials } from '../config/variables.js'
import { StartupError } from './errors.js'

/**
 * A frozen primary must not hold a request for 30 s, which is the driver's default. The driver notices within two
 * seconds that it is gone. Within five it has found another one, or the caller is told that there is none.
 *
 * A single connection may lose an answer while all others are well, for example in a router that forgets it. Its
 * heartbeats show nothing, and the driver's default is to wait for ever: the committer or a projector would never go on.
 * So a connection that says nothing for 15 s is given up, and what was sent over it is repeated. No command of ours
 * takes that long, except to build an index.
 */
const timeouts = {
  connectTimeoutMS: 2000,
  heartbeatFrequencyMS: 2000,
  serverSelectionTimeoutMS: 5000,
  socketTimeoutMS: 15_000,
}

/**
 * The driver looks for damaged characters in each string, letter by letter, which is more than half of the time that an
 * append takes to decode. Without that a damaged text is noticed by its append's MAC, as any other damage is.
 */
const decoding = { enableUtf8Validation: false }

/** Nothing works without the log, so a service that cannot reach it does not start. */
export async function connectMongo({ mongodbUri, production }: CompleteConfig): Promise<MongoClient> {
  const client = new MongoClient(mongodbUri, { appName: 'verbatim', ...timeouts, ...decoding })
  try {
    await client.connect()
    if (production) await warnAboutStandalone(client)
    return client
  } catch (error) {
    await client.close()
    throw new StartupError(`MONGODB_URI: no MongoDB at ${withoutCredentials(mongodbUri)}: ${String(error)}`)
  }
}

/** The database that the URI names, else `verbatim`. */
export function databaseName(mongodbUri: string): string {
  return /^[^/]+:\/\/[^/]+\/([^?]+)/.exec(mongodbUri)?.[1] ?? 'verbatim'
}

async function warnAboutStandalone(client: MongoClient): Promise<void> {
  const { setName, msg } = await client.db('admin').command({ hello: 1 })
  if (setName || msg === 'isdbgrid') return
  new Logger('MongoDB').warn(
    'this mongod is not a member of a replica set: when its machine is lost, what it has acknowledged is lost too. ' +
      'Use a replica set in production.',
  )
}
