import { fork } from 'node:child_process'
import { resolve } from 'node:path'

/** A process with specs loaded, started when it is needed, and anew after one that hangs. */
export class Tester {
  #specs
  #environment
  #worker

  constructor(specs, environment = {}) {
    this.#specs = specs
    this.#environment = environment
  }

  /** Answers that the order was noticed when it kills the process, or takes longer than this. */
  async ask(order, limitMs) {
    try {
      this.#worker ??= await this.#start()
    } catch {
      return { noticedBy: 'loading', failed: 'the tests cannot be loaded' }
    }
    const answer = await answerOf(this.#worker, order, limitMs)
    if (!answer) this.stop()
    return answer ?? { noticedBy: 'time', failed: `no answer within ${limitMs} ms` }
  }

  stop() {
    this.#worker?.kill('SIGKILL')
    this.#worker = undefined
  }

  async #start() {
    const worker = fork(resolve('test/mutants/worker.mjs'), {
      env: { ...process.env, SEEDS: '40', SPECS: JSON.stringify(this.#specs), ...this.#environment },
      stdio: ['ignore', 'ignore', process.env.VERBOSE ? 'inherit' : 'ignore', 'ipc'],
    })
    const ready = await messageOf(worker, 60_000)
    if (!ready) worker.kill('SIGKILL')
    if (!ready) throw new Error('the tests cannot be loaded')
    return worker
  }
}

function answerOf(worker, order, limitMs) {
  const answer = messageOf(worker, limitMs)
  worker.send(order, () => {})
  return answer
}

/** Nothing when the worker ends or the time is up. */
function messageOf(worker, limitMs) {
  return new Promise((resolve) => {
    const done = (message) => {
      clearTimeout(limit)
      worker.off('message', done).off('exit', late)
      resolve(message)
    }
    const late = () => done(undefined)
    const limit = setTimeout(late, limitMs)
    worker.once('message', done).once('exit', late)
  })
}
