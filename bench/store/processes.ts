import { type ChildProcess, fork } from 'node:child_process'
import type { Contender, Opened, Place } from './contender.js'
import type { Measured } from './load.js'
import type { Answer } from './writing-process.js'

const count = 4

/** Verbatim in several processes, which take turns to commit. They begin each load together. */
export const processes: Contender = {
  name: `Verbatim, ${count} processes`,
  eventsPerCall: 1,
  open: async (place) => {
    const started = Array.from({ length: count }, () => new WritingProcess(place))
    await Promise.all(started.map((one) => one.opened))
    return together(started)
  },
}

const together = (all: readonly WritingProcess[]): Opened => ({
  write: ({ writers, calls }) =>
    Promise.all(all.map((one) => one.write({ writers: writers / all.length, calls: Math.ceil(calls / all.length) }))),
  close: async () => {
    await Promise.all(all.map((one) => one.close()))
  },
})

class WritingProcess {
  readonly opened: Promise<Answer>
  private readonly child: ChildProcess
  private readonly exited: Promise<unknown>

  constructor(place: Place) {
    const entry = new URL('writing-process.js', import.meta.url)
    this.child = fork(entry, [JSON.stringify(place)], { serialization: 'advanced', execArgv: [] })
    this.exited = new Promise((resolve) => this.child.once('exit', resolve))
    this.opened = this.answer()
  }

  async write(load: { writers: number; calls: number }): Promise<Measured> {
    this.child.send(load)
    const measured = await this.answer()
    if (measured === 'opened') throw new Error('a writing process answered out of turn')
    return measured
  }

  /** It ends by itself when we hang up. */
  async close(): Promise<void> {
    this.child.disconnect()
    await this.exited
  }

  private answer(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.child.once('message', (answer) => resolve(answer as Answer))
      void this.exited.then(() => reject(new Error(`a writing process (${this.child.pid}) ended too early`)))
    })
  }
}
