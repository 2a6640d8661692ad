import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { TestEnvironment } from 'jest-environment-node'

const hooks = createRequire(import.meta.url)('node:async_hooks')
const { AsyncLocalStorage } = hooks

/** In Node 22 and 24 it is a getter, which cannot be assigned. */
const setStorage = (value) =>
  Object.defineProperty(hooks, 'AsyncLocalStorage', { value, configurable: true, enumerable: true, writable: true })

/** jest-circus leaves its handlers of events in the realm: those of each file before would handle each event again. */
const circusHandlers = Symbol.for('EVENT_HANDLERS')

/**
 * Tests run in the realm of their worker, and share the modules of one load (runtime.mjs). Jest's own environment gives
 * each file a realm and modules of its own: here that was a third of all time, and `instanceof` differed from the
 * service's.
 */
export default class extends TestEnvironment {
  #before = {
    console: globalThis.console,
    exit: Object.getOwnPropertyDescriptor(process, 'exit'),
    environment: { ...process.env },
    open: openResources(),
  }

  #file
  #hasFailed = false

  constructor(config, context) {
    super(config, context)
    this.#file = basename(context.testPath)
    const FakeTimers = this.fakeTimersModern.constructor
    const Mocker = this.moduleMocker.constructor
    this.global = globalThis
    this.fakeTimersModern = new FakeTimers({ config: config.projectConfig, global: globalThis })
    this.moduleMocker = new Mocker(globalThis)
  }

  handleTestEvent({ name, test }) {
    if (name === 'hook_failure' || (name === 'test_done' && test.errors.length > 0)) this.#hasFailed = true
  }

  async setup() {
    setStorage(QuietInCircus)
    delete globalThis[circusHandlers]
  }

  async teardown() {
    setStorage(AsyncLocalStorage)
    Object.assign(globalThis, { console: this.#before.console })
    Object.defineProperty(process, 'exit', this.#before.exit)
    for (const name of Object.keys(process.env)) delete process.env[name]
    Object.assign(process.env, this.#before.environment)
    await super.teardown()
    const started = performance.now()
    const left = await leftOpen(this.#before.open)
    const seconds = Math.round((performance.now() - started) / 1000)
    if (seconds > 1) process.stderr.write(`verbatim: what ${this.#file} has left open took ${seconds} s to close\n`)
    // An error here would hide those of the tests, which may be why something is left.
    if (left.length && !this.#hasFailed) throw new Error(`tests left open: ${left.join(', ')}`)
  }
}

/**
 * What keeps a process from ending: timers, children, files. Not sockets: the other end closes some of them later; and
 * not the process's own output, which Node opens at its first use.
 */
const openResources = () => {
  void [process.stdout, process.stderr]
  return process.getActiveResourcesInfo().filter((name) => !/^(Immediate|TCPSocketWrap|TCPServerWrap)$/.test(name))
}

/** Some need a moment to close. */
async function leftOpen(before) {
  const deadline = performance.now() + 20_000
  for (;;) {
    const now = openResources()
    for (const name of before) if (now.includes(name)) now.splice(now.indexOf(name), 1)
    if (!now.length || performance.now() > deadline) return now
    await setTimeout(20, undefined, { ref: false })
  }
}

/**
 * jest-circus remembers in one which test is running, for `test.concurrent` and `retryTimes`, which we don't use. Each
 * file leaves one behind that makes every promise of the worker dearer.
 */
class QuietInCircus extends AsyncLocalStorage {
  constructor(...options) {
    super(...options)
    const [, , creator = ''] = new Error().stack.split('\n')
    if (!creator.includes('jest-circus')) return
    this.run = (_store, callback, ...args) => callback(...args)
  }
}
