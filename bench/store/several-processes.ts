import { type ChildProcess, fork } from 'node:child_process'
import type { BenchDatabase } from '../runner/servers.js'
import type { Contender, OpenContender } from './contender.js'
import type { LoadTimings } from './load.js'
import type { WriterMessage } from './writing-process.js'

const count = 4

/** Verbatim in several processes, which take turns to commit. They begin each load at the same time. */
export const severalProcesses: Contender = {
  name: `Verbatim, ${count} processes`,
  eventsPerCall: 1,
  open: async (database) => {
    const processes = Array.from({ length: count }, () => new WritingProcess(database))
    await Promise.all(processes.map((one) => one.opened))
    return parallelContender(processes)
  },
}

const parallelContender = (all: readonly WritingProcess[]): OpenContender => ({
  write: ({ writers, calls }) =>
    Promise.all(all.map((one) => one.write({ writers: writers / all.length, calls: Math.ceil(calls / all.length) }))),
  close: async () => {
    await Promise.all(all.map((one) => one.close()))
  },
})

class WritingProcess {
  readonly opened: Promise<WriterMessage>
  private readonly child: ChildProcess
  private readonly exited: Promise<unknown>

  constructor(database: BenchDatabase) {
    const entry = new URL('writing-process.js', import.meta.url)
    this.child = fork(entry, [JSON.stringify(database)], { serialization: 'advanced', execArgv: [] })
    this.exited = new Promise((resolve) => this.child.once('exit', resolve))
    this.opened = this.answer()
  }

  async write(load: { writers: number; calls: number }): Promise<LoadTimings> {
    this.child.send(load)
    const measured = await this.answer()
    if (measured === 'opened') throw new Error('a writing process answered out of turn')
    return measured
  }

  /** The process ends by itself when the channel is closed. */
  async close(): Promise<void> {
    this.child.disconnect()
    await this.exited
  }

  private answer(): Promise<WriterMessage> {
    return new Promise((resolve, reject) => {
      this.child.once('message', (answer) => resolve(answer as WriterMessage))
      void this.exited.then(() => reject(new Error(`a writing process (${this.child.pid}) ended too early`)))
    })
  }
}
