import { MongoClient } from 'mongodb'
import { type FaultKind, one } from './fault-kind.js'

export const redisFaults: readonly FaultKind[] = [
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
      const victim = one(blow.deployment.of('worker'), blow.draw)
      await Promise.all([blow.deployment.emptyRedis(), victim.signal('SIGKILL')])
      return () => victim.start()
    },
  },
]

export const memberFaults: readonly FaultKind[] = [
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
