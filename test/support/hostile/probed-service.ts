import { once } from 'node:events'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ServiceProcess } from '../service-process.js'
import type { Hold, Level } from './probe.js'

const probe = pathToFileURL(resolve('build/test/support/hostile/probe.js')).href

/** The compiled service in a process of its own, watched from inside. */
export class ProbedService extends ServiceProcess {
  readonly holds: Hold[] = []

  constructor(folder: string, environment: Record<string, string>) {
    super(folder, environment, ['--expose-gc', '--import', probe])
    this.process.on('message', (message: { hold?: Hold }) => {
      if (message.hold) this.holds.push(message.hold)
    })
  }

  /** After a forced collection of garbage. */
  async level(): Promise<Level> {
    this.process.send('level')
    for (;;) {
      const [message] = (await once(this.process, 'message')) as [{ level?: Level }]
      if (message.level) return message.level
    }
  }
}
