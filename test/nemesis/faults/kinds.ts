import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { type Deployment, usualPace } from '../deployment/deployment.js'
import type { Instance, Role } from '../deployment/instance.js'
import type { Link } from '../deployment/links.js'
import type { Operator } from './operator.js'

/** What a fault may choose from: a number of its own, drawn with the seed. */
export interface Blow {
  deployment: Deployment
  operator: Operator
  draw: number
}

export interface FaultKind {
  name: string
  /** How long it lasts, at least and at most. Without it, it is over at once. */
  seconds?: readonly [number, number]
  /** Recovery counts from its start where something is lost at once, else from its end. */
  recoversFrom: 'start' | 'end'
  /** Answers how it is mended. */
  strike: (blow: Blow) => Promise<(() => Promise<unknown>) | void>
}

const one = <T>(things: readonly T[], draw: number): T => things[draw % things.length]!
const aProcess = ({ deployment, draw }: Blow, role: Role) => one(deployment.of(role), draw)

const roles = ['api', 'worker', 'projector'] as const

const killed = (role: Role): FaultKind => ({
  name: `${role} killed`,
  seconds: [0.2, 3],
  recoversFrom: 'start',
  strike: async (blow) => {
    const victim = aProcess(blow, role)
    await victim.signal('SIGKILL')
    return () => victim.start()
  },
})

const frozen = (role: Role): FaultKind => ({
  name: `${role} frozen`,
  seconds: [2, 12],
  recoversFrom: 'end',
  strike: async (blow) => {
    const victim = aProcess(blow, role)
    await victim.signal('SIGSTOP')
    return () => victim.signal('SIGCONT')
  },
})

const stopped = (role: Role): FaultKind => ({
  name: `${role} stopped in order`,
  seconds: [0.2, 1],
  recoversFrom: 'start',
  strike: async (blow) => {
    const victim = aProcess(blow, role)
    await victim.signal('SIGTERM')
    return () => victim.start()
  },
})

/** Of any process, to one of the engines. */
function onLink(name: string, seconds: FaultKind['seconds'], strike: (link: Link, draw: number) => void): FaultKind[] {
  const to = (engine: string, linkOf: (instance: Instance) => Link): FaultKind => ({
    name: `${engine} ${name}`,
    seconds,
    recoversFrom: 'end',
    strike: async ({ deployment, draw }) => {
      const link = linkOf(one(deployment.instances, draw))
      strike(link, draw)
      return async () => link.mend()
    },
  })
  return [to('MongoDB', ({ mongo }) => mongo), to('Redis', ({ redis }) => redis.proxy)]
}

/** Some connections that have lost answers are cut in the end, others stay open and silent. */
const swallowed = onLink('answers swallowed', [0.2, 5], (link) => link.swallowAnswers()).flatMap((kind) => [
  kind,
  {
    ...kind,
    name: `${kind.name}, then cut`,
    strike: async (blow: Blow) => {
      const mend = await kind.strike(blow)
      return async () => {
        await mend!()
        const { mongo, redis } = one(blow.deployment.instances, blow.draw)
        mongo.reset()
        redis.proxy.reset()
      }
    },
  },
])

const stalledNetwork: FaultKind = {
  name: 'network stalled',
  seconds: [1, 6],
  recoversFrom: 'end',
  strike: async ({ deployment }) => {
    const links = deployment.instances.flatMap(({ mongo, redis }) => [mongo, redis.proxy])
    for (const link of links) link.stall()
    return async () => links.forEach((link) => link.mend())
  },
}

const cutOff: FaultKind = {
  name: 'process cut off',
  seconds: [2, 8],
  recoversFrom: 'end',
  strike: async ({ deployment, draw }) => {
    const { mongo, redis } = one(deployment.instances, draw)
    for (const link of [mongo, redis.proxy]) link.cut()
    return async () => [mongo, redis.proxy].forEach((link) => link.mend())
  },
}

const redisFaults: FaultKind[] = [
  { name: 'Redis emptied', recoversFrom: 'end', strike: ({ deployment }) => deployment.emptyRedis() },
  {
    name: 'Redis killed',
    seconds: [0.2, 6],
    recoversFrom: 'end',
    strike: async ({ deployment }) => {
      await deployment.killRedis()
      return () => deployment.startRedisAgain()
    },
  },
  {
    name: 'Redis frozen',
    seconds: [2, 10],
    recoversFrom: 'end',
    strike: async ({ deployment }) => {
      deployment.signalRedis('SIGSTOP')
      return async () => deployment.signalRedis('SIGCONT')
    },
  },
  {
    name: 'Redis emptied, worker killed',
    seconds: [0.2, 3],
    recoversFrom: 'start',
    strike: async (blow) => {
      const victim = aProcess(blow, 'worker')
      await Promise.all([blow.deployment.emptyRedis(), victim.signal('SIGKILL')])
      return () => victim.start()
    },
  },
]

const memberFaults: FaultKind[] = [
  {
    name: 'primary killed',
    seconds: [3, 8],
    recoversFrom: 'start',
    strike: async ({ deployment: { set } }) => {
      const primary = await set.primary()
      await primary.kill('SIGKILL')
      return () => primary.restart()
    },
  },
  {
    name: 'primary frozen',
    seconds: [3, 15],
    recoversFrom: 'start',
    strike: async ({ deployment: { set } }) => {
      const primary = await set.primary()
      await primary.kill('SIGSTOP')
      return () => primary.kill('SIGCONT')
    },
  },
  {
    name: 'primary stepped down',
    recoversFrom: 'start',
    strike: async ({ deployment: { set } }) => {
      const client = await MongoClient.connect((await set.primary()).uri)
      try {
        await client.db('admin').command({ replSetStepDown: 5, secondaryCatchUpPeriodSecs: 4, force: true })
      } finally {
        await client.close()
      }
    },
  },
  {
    name: 'secondary killed',
    seconds: [1, 6],
    recoversFrom: 'start',
    strike: async ({ deployment: { set }, draw }) => {
      const primary = await set.primary()
      const victim = one(
        set.members.filter((member) => member !== primary),
        draw,
      )
      await victim.kill('SIGKILL')
      return () => victim.restart()
    },
  },
]

/** The model's provider goes like this for a while. */
const provider = (name: string, always: Parameters<Deployment['model']['always']>[0]): FaultKind => ({
  name: `provider ${name}`,
  seconds: [2, 8],
  recoversFrom: 'end',
  strike: async ({ deployment: { model } }) => {
    model.always(always)
    return async () => model.always(usualPace)
  },
})

const readModelFaults: FaultKind[] = [
  {
    name: 'read model paused',
    seconds: [2, 8],
    recoversFrom: 'end',
    strike: async ({ operator, draw }) => {
      const model = await operator.model(draw)
      await operator.pause(model)
      return () => operator.resume(model)
    },
  },
  {
    name: 'read model rebuilt',
    recoversFrom: 'start',
    strike: async ({ operator, draw }) => void (await operator.rebuild(await operator.model(draw))),
  },
]

const anHour = 3_600_000

/** A process runs for a while with a clock that is hours wrong. */
const wrongClock: FaultKind = {
  name: 'clock wrong',
  seconds: [3, 8],
  recoversFrom: 'end',
  strike: async ({ deployment, draw }) => {
    const victim = one(deployment.instances, draw)
    const file = join(deployment.folder, 'wrong-clock.mjs')
    const ahead = draw % 4 < 2 ? 3 * anHour : -3 * anHour
    await writeFile(
      file,
      `const Right = Date
globalThis.Date = class Date extends Right {
  constructor(...parts) { if (parts.length > 0) super(...parts); else super(Right.now() + ${ahead}) }
  static now() { return Right.now() + ${ahead} }
}`,
    )
    await victim.signal('SIGTERM')
    await victim.start({ NODE_OPTIONS: `--import ${file}` })
    return async () => {
      await victim.signal('SIGTERM')
      await victim.start()
    }
  },
}

export const kinds: readonly FaultKind[] = [
  ...roles.map(killed),
  ...roles.map(frozen),
  ...roles.map(stopped),
  ...onLink('connections reset', undefined, (link) => link.reset()),
  ...onLink('delayed', [2, 6], (link, draw) => link.slowDown(20 + (draw % 200))),
  ...swallowed,
  stalledNetwork,
  cutOff,
  ...redisFaults,
  ...memberFaults,
  provider('away', 'hangup'),
  provider('refusing', { fault: 'status', at: 503 }),
  provider('slow', { fault: 'slow', at: 250 }),
  provider('cutting streams', { fault: 'drop', at: 4 }),
  ...readModelFaults,
  wrongClock,
]
