import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { startEngines } from '../../../build/src/embedded/index.js'

const prefix = 'verbatim-test-'

/** Undone by teardown.mjs; both run in Jest's own process, which therefore is the engines' parent. */
export const undo = []

/**
 * One mongod and one Valkey for the whole run, for what the environment does not name already. Tests share them: each
 * worker uses database names and key prefixes of its own.
 */
export default async function startTestEngines() {
  const mongo = !process.env.VERBATIM_TEST_MONGODB_URI
  const redis = !process.env.VERBATIM_TEST_REDIS_URL
  process.env.VERBATIM_TEST_RUN = `test_${randomBytes(4).toString('hex')}`
  if (!mongo) undo.push(dropDatabases)
  if (!mongo && !redis) return
  await removeLeftovers()
  const dataDir = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
  undo.push(() => rm(dataDir, { recursive: true, force: true }))
  const engines = await startEngines({ dataDir, mongo, redis, say: (line) => console.log(`verbatim: ${line}`) })
  undo.push(() => engines.stop())
  if (mongo) process.env.VERBATIM_TEST_MONGODB_URI = engines.mongoUri
  if (redis) process.env.VERBATIM_TEST_REDIS_URL = engines.redisUrl
}

/** A mongod that goes on after the run keeps nothing of it. */
async function dropDatabases() {
  const client = await MongoClient.connect(process.env.VERBATIM_TEST_MONGODB_URI)
  const { databases } = await client.db().admin().listDatabases({ nameOnly: true })
  for (const { name } of databases) {
    if (name.startsWith(`${process.env.VERBATIM_TEST_RUN}_`)) await client.db(name).dropDatabase()
  }
  await client.close()
}

/** Of runs that were killed. */
async function removeLeftovers() {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix) || isAlive(Number(name.slice(prefix.length).split('-')[0]))) continue
    await rm(join(tmpdir(), name), { recursive: true, force: true })
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
