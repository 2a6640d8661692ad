import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { HashingThreads } from '../../src/audit/verification/hashing-threads.js'
import { verifyLog } from '../../src/audit/verification/verify-log.js'
import { chatEvents } from '../../src/chat/chat.js'
import { chats } from '../../src/chat/read-models/chats.js'
import { Engine } from '../../src/event-store/engine.js'
import { masterKey } from '../../src/event-store/sealing/key-wrap.js'
import { userEvents } from '../../src/identity/user.js'
import { LogRoot } from '../../src/notary/log-root.js'
import { noteSigner } from '../../src/proof/note.js'
import { origin } from '../audit/large-log.js'
import { median, rate } from '../runner/statistics.js'
import { closedLoop } from '../traffic/closed-loop.js'
import { warmUp } from '../traffic/warm-up.js'
import type { GrowingService } from './growing-service.js'
import { intact } from '../../test/support/audit/verified.js'

/** Rates are a second, times in milliseconds. */
export interface GrowthFigures {
  events: number
  prompts: number
  pages: number
  firstWordMs: number
  appends: number
  rebuilt: number
  verified: number
  serviceMiB: number
  bytesOnDisk: number
}

export interface GrowthExtent {
  readonly ms: number
  readonly firstWords: number
  readonly appends: number
}

const callers = 8
const promptsPerChat = 25

/** Of the service as it is now. Leaves it stopped. */
export async function measureGrowth(service: GrowingService, extent: GrowthExtent): Promise<GrowthFigures> {
  const { verbatim, log } = service
  const events = await log.head()
  const { ms } = extent
  await warmUp(verbatim, ms)
  const some = await verbatim.makeChats(64)
  for (let i = 0; i < promptsPerChat; i++) await Promise.all(some.map((chat) => verbatim.send(chat, `Number ${i}?`)))
  const pages = await closedLoop(callers, ms, (n) => verbatim.pageOfMessages(some[n % some.length]!))
  const fresh = await verbatim.makeChats(200)
  const prompts = await closedLoop(callers, ms, (n) => verbatim.send(fresh[n % fresh.length]!, `And number ${n}?`))
  const firstWords: number[] = []
  for (let n = 0; n < extent.firstWords; n++)
    firstWords.push((await verbatim.readAlong(fresh[n % fresh.length]!, 'What comes first?')).firstMs)
  const serviceMiB = residentMiB(verbatim.pid)
  const { storageSize, indexSize } = await log.db.command({ dbStats: 1 })
  const bytesOnDisk = ((storageSize as number) + (indexSize as number)) / (await log.head())
  await verbatim.stop()
  const owners = some.map(({ accountId }) => accountId)
  const appends = await log.fill(extent.appends, owners, () => {})
  return {
    events,
    prompts: prompts.perSecond,
    pages: pages.perSecond,
    firstWordMs: median(firstWords),
    appends,
    rebuilt: await rebuild(service),
    verified: await verify(service),
    serviceMiB,
    bytesOnDisk,
  }
}

/** The list of chats, in events a second. */
async function rebuild({ log: { db }, keys, place }: GrowingService): Promise<number> {
  const redis = new Redis(place.redisUrl)
  const engine = await Engine.open({
    db,
    redis,
    masterKeys: { current: masterKey(keys.master) },
    events: [userEvents, chatEvents],
    projections: [chats],
    logRoot: (log) => new LogRoot(db, log).at,
  })
  try {
    return await rate(await engine.store.head(), () => engine.projections.rebuild([chats.name]))
  } finally {
    await engine.close()
    redis.disconnect()
  }
}

/** What is signed, in events a second. */
async function verify({ log: { engine, trees }, keys }: GrowingService): Promise<number> {
  const hasher = new HashingThreads()
  const key = noteSigner(origin, keys.notary).verifierKey
  try {
    return await rate((await trees.read())!.size, () =>
      intact(verifyLog({ log: engine.log, trees, keys: [key], hasher })),
    )
  } finally {
    await hasher.close()
  }
}

const residentMiB = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
