import { openSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { WASI } from 'node:wasi'
import { EngineError, hasCode } from './engine-error.js'
import type { EngineExit } from './engine-process.js'
import { LOOPBACK, portTaken } from './port.js'
import { sendCommand } from './valkey-command.js'
import { ValkeySockets } from './valkey-sockets.js'

/** Of what Node offers, as much as we use: the types of Node 20 leave it out. */
declare const WebAssembly: {
  instantiate(code: Buffer, imports: object): Promise<{ instance: { exports: unknown } }>
  Tag: new (type: { parameters: string[] }) => object
}

/** What a SIGKILL may lose. */
const SAVE_EVERY_MS = 5_000
/** Expiries and the timeouts of blocked clients are this exact. */
const TICK_MS = 10
/** Steps without a break: other work in this process must get its turn, too. */
const STEPS_AT_ONCE = 32

interface ValkeyOptions {
  /** The compiled Valkey. */
  wasm: string
  /** Where dump.rdb lies. */
  dir: string
  port?: number | undefined
  warn: (line: string) => void
}

interface Compiled {
  readonly memory: { readonly buffer: ArrayBuffer }
  rk_boot(port: number): void
  rk_step(): void
}

/** Starts a Valkey in this process; without a port it takes a free one. */
export async function startValkey({ wasm, dir, port = 0, warn }: ValkeyOptions): Promise<Valkey> {
  const server = createServer()
  const valkey = new Valkey(server, dir, warn) // before it listens: the first clients may be faster than its boot
  const [code] = await Promise.all([readFile(wasm), listen(server, port)])
  await valkey.boot(code)
  return valkey
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(hasCode(error, 'EADDRINUSE') ? portTaken('Redis', port) : error))
    server.listen(port, LOOPBACK, resolve)
  })
}

/**
 * A real Valkey, compiled to WebAssembly. It owns no thread: whenever something arrives, and every 10 ms, it is stepped
 * through its event loop until it has nothing left to do. It can't fork, so it never snapshots by itself; it is told to
 * SAVE when something changed, every 5 s and at the end, and a SIGKILL loses what is younger. Never give it a `save`
 * setting of its own: its snapshot would fail, and every write after it.
 */
export class Valkey {
  /** Known when it has booted. */
  port: number
  /** Settles when it has stopped, be it by a fault of its own or by a client's SHUTDOWN. */
  readonly exited: Promise<EngineExit>

  private readonly sockets: ValkeySockets
  private compiled: Compiled | undefined
  private booted = false
  private stepping = false
  private ended = false
  private readonly timers: NodeJS.Timeout[] = []
  private settle: (exit: EngineExit) => void

  constructor(
    private readonly server: Server,
    private readonly dir: string,
    private readonly warn: (line: string) => void,
  ) {
    this.exited = new Promise((resolve) => (this.settle = resolve))
    this.sockets = new ValkeySockets(
      server,
      () => this.compiled!.memory.buffer,
      () => this.stepSoon(),
    )
  }

  async boot(code: Buffer): Promise<void> {
    this.port = (this.server.address() as AddressInfo).port
    const output = openSync(this.log, 'w')
    const files = { stdout: output, stderr: output, preopens: { '/': this.dir } }
    const wasi = new WASI({ version: 'preview1', args: ['valkey-server'], env: {}, ...files })
    const { instance } = await WebAssembly.instantiate(code, {
      wasi_snapshot_preview1: wasi.wasiImport,
      host: this.sockets.imports,
      env: { __c_longjmp: new WebAssembly.Tag({ parameters: ['i32'] }) }, // Lua's errors
    })
    const compiled = instance.exports as Compiled
    this.compiled = compiled
    try {
      wasi.initialize(instance)
      compiled.rk_boot(this.port)
    } catch (error) {
      this.sockets.closeAll()
      throw this.cannotBoot(error)
    }
    this.booted = true
    this.timers.push(
      setInterval(() => this.step(), TICK_MS),
      setInterval(() => void this.save(), SAVE_EVERY_MS),
    )
    await sendCommand(this.port, 'CONFIG', 'SET', 'loglevel', 'warning') // or each save would add to the log
  }

  /** Saves what is not saved yet, and ends. */
  async stop(): Promise<void> {
    if (this.ended) return
    await this.save()
    this.end({ how: 'stop', output: '' })
  }

  private async save(): Promise<void> {
    try {
      if (/^rdb_changes_since_last_save:0\r$/m.test(await sendCommand(this.port, 'INFO', 'persistence'))) return
      await sendCommand(this.port, 'SAVE')
    } catch (error) {
      if (!this.ended) this.warn(`Valkey could not save its data: ${(error as Error).message}`)
    }
  }

  /** Many arrivals of one turn of the event loop are one step. */
  private stepSoon(): void {
    if (this.stepping || this.ended || !this.booted) return
    this.stepping = true
    setImmediate(() => {
      this.stepping = false
      this.step()
    })
  }

  private step(): void {
    for (let steps = 0; !this.ended && steps < STEPS_AT_ONCE; steps++) {
      this.sockets.moved = false
      try {
        this.compiled!.rk_step()
      } catch (error) {
        // a trap, or its way to exit: either way this memory can't be used any more
        this.end({ how: error instanceof Error ? error.message : 'exit', output: this.lastWords() })
      }
      if (!this.sockets.moved) return
    }
    this.stepSoon()
  }

  private end(exit: EngineExit): void {
    this.ended = true
    for (const timer of this.timers) clearInterval(timer)
    this.sockets.closeAll()
    this.settle(exit)
  }

  /** Of its present life only. */
  private get log(): string {
    return join(this.dir, 'valkey.log')
  }

  private lastWords(): string {
    return readFileSync(this.log, 'utf8').trim().split('\n').slice(-3).join('\n')
  }

  private cannotBoot(error: unknown): EngineError {
    const why = error instanceof Error ? `${error.message}: ${this.lastWords()}` : this.lastWords()
    return new EngineError(
      'engine_failed',
      `Valkey could not start on ${this.dir}: ${why}. ` +
        'What it holds can be made again: if its data is what it stumbles over, delete dump.rdb there and start again',
    )
  }
}
