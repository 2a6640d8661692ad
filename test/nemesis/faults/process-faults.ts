import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Role } from '../deployment/instance.js'
import { type Blow, type FaultKind, one } from './fault-kind.js'

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

export const processFaults: readonly FaultKind[] = [
  ...roles.map(killed),
  ...roles.map(frozen),
  ...roles.map(stopped),
  wrongClock,
]
