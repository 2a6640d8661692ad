import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { until } from '../../test/support/until.js'

/** A program of the bench in a process of its own. It says `ready: <address>`. */
export class Program {
  output = ''
  private readonly child: ChildProcess

  constructor(file: string, environment: Record<string, string> = {}) {
    const { PATH = '' } = process.env
    this.child = spawn(process.execPath, [file], {
      env: { PATH, NODE_ENV: 'production', ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.child.stdout!.on('data', (text) => (this.output += String(text)))
  }

  get pid(): number {
    return this.child.pid!
  }

  async url(): Promise<string> {
    return await until('the program is ready', () => /ready: (http:\S+)/.exec(this.output)?.[1], this)
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    this.child.kill('SIGKILL')
    await once(this.child, 'close')
  }
}
