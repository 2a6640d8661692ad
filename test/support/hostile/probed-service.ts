import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ServiceProcess } from '../service-process.js'
import type { Hold, Level } from './probe.js'

const probe = pathToFileURL(resolve('build/test/support/hostile/probe.js')).href

/** The compiled service in a process of its own, watched from inside. */
export class ProbedService extends ServiceProcess {
  readonly holds: Hold[] = []
  private measured: (level: Level) => void = () => {}

  constructor(folder: string, environment: Record<string, string>) {
    super(folder, environment, ['--expose-gc', '--import', probe])
    this.process.on('message', ({ hold, level }: { hold?: Hold; level?: Level }) => {
      if (hold) this.holds.push(hold)
      if (level) this.measured(level)
    })
  }

  /** After a forced collection of garbage. */
  async level(): Promise<Level> {
    const measured = new Promise<Level>((resolve) => (this.measured = resolve))
    this.process.send('level')
    return await measured
  }
}
