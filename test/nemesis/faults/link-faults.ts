import type { Instance } from '../deployment/instance.js'
import type { Link } from '../deployment/links.js'
import { type Blow, type FaultKind, one } from './fault-kind.js'

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

export const linkFaults: readonly FaultKind[] = [
  ...onLink('connections reset', undefined, (link) => link.reset()),
  ...onLink('delayed', [2, 6], (link, draw) => link.slowDown(20 + (draw % 200))),
  ...swallowed,
  stalledNetwork,
  cutOff,
]
