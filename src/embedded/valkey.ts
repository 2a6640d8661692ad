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

/** The part of Node's WebAssembly that is used here. The types of Node 20 do not have it. */
declare const WebAssembly: {
  instantiate(code: Buffer, imports: object): Promise<{ instance: { exports: unknown } }>
  Tag: new (type: { parameters: string[] }) => object
}

/** A SIGKILL loses the writes of up to this time. */
const SAVE_EVERY_MS = 5_000
/** The precision of expiries and of the timeouts of blocked clients. */
const TICK_MS = 50
/** Steps without a break. Other work in this process must have its turn as well. */
const STEPS_AT_ONCE = 32

interface ValkeyOptions {
  /** The compiled Valkey. */
  wasm: string
  /** Where dump.rdb is. */
  dir: string
  port?: number | undefined
  warn: (line: string) => void
}

interface ValkeyExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  rk_boot(port: number): void
  rk_step(): void
}

/** Starts a Valkey in this process. Without a port it takes a free one. */
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
 * A real Valkey, compiled to WebAssembly. It has no thread: whenever something arrives, and every 50 ms, this class
 * steps it through its event loop until it has nothing left to do. It cannot fork, so it makes no snapshots by itself:
 * this class sends SAVE every 5 s, if something has changed, and at the end. A SIGKILL loses what is younger. Valkey
 * must not get a `save` setting: its snapshot would fail, and every write after it.
 */
export class Valkey {
  /** Known when it has booted. */
  port: number
  /** Settles when it has stopped: by stop(), by a fault, or by a client's SHUTDOWN. */
  readonly exit: Promise<EngineExit>

  private readonly sockets: ValkeySockets
  private exports: ValkeyExports | undefined
  private isBooted = false
  private isStepScheduled = false
  private hasEnded = false
  private readonly timers: NodeJS.Timeout[] = []
  private resolveExit: (exit: EngineExit) => void

  constructor(
    private readonly server: Server,
    private readonly dir: string,
    private readonly warn: (line: string) => void,
  ) {
    this.exit = new Promise((resolve) => (this.resolveExit = resolve))
    this.sockets = new ValkeySockets(
      server,
      () => this.exports!.memory.buffer,
      () => this.scheduleStep(),
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
    const compiled = instance.exports as ValkeyExports
    this.exports = compiled
    try {
      wasi.initialize(instance)
      compiled.rk_boot(this.port)
    } catch (error) {
      this.sockets.closeAll()
      throw this.bootError(error)
    }
    this.isBooted = true
    this.timers.push(
      setInterval(() => this.step(), TICK_MS),
      setInterval(() => void this.save(), SAVE_EVERY_MS),
    )
    await sendCommand(this.port, 'CONFIG', 'SET', 'loglevel', 'warning') // at the default level each save would add a line to the log
  }

  /** Saves what is not saved yet, and stops. */
  async stop(): Promise<void> {
    if (this.hasEnded) return
    await this.save()
    this.end({ reason: 'stop', output: '' })
  }

  private async save(): Promise<void> {
    try {
      if (/^rdb_changes_since_last_save:0\r$/m.test(await sendCommand(this.port, 'INFO', 'persistence'))) return
      await sendCommand(this.port, 'SAVE')
    } catch (error) {
      if (!this.hasEnded) this.warn(`Valkey could not save its data: ${(error as Error).message}`)
    }
  }

  /** All that arrives in one turn of the event loop is handled in one step. */
  private scheduleStep(): void {
    if (this.isStepScheduled || this.hasEnded || !this.isBooted) return
    this.isStepScheduled = true
    setImmediate(() => {
      this.isStepScheduled = false
      this.step()
    })
  }

  private step(): void {
    for (let steps = 0; !this.hasEnded && steps < STEPS_AT_ONCE; steps++) {
      this.sockets.hasActivity = false
      try {
        this.exports!.rk_step()
      } catch (error) {
        // a trap, or the way it exits: in both cases this memory cannot be used any more
        this.end({ reason: error instanceof Error ? error.message : 'exit', output: this.lastLogLines() })
      }
      if (!this.sockets.hasActivity) return
    }
    this.scheduleStep()
  }

  private end(exit: EngineExit): void {
    this.hasEnded = true
    for (const timer of this.timers) clearInterval(timer)
    this.sockets.closeAll()
    this.resolveExit(exit)
  }

  /** The log since the last boot. */
  private get log(): string {
    return join(this.dir, 'valkey.log')
  }

  private lastLogLines(): string {
    return readFileSync(this.log, 'utf8').trim().split('\n').slice(-3).join('\n')
  }

  private bootError(error: unknown): EngineError {
    const why = error instanceof Error ? `${error.message}: ${this.lastLogLines()}` : this.lastLogLines()
    return new EngineError(
      'engine_failed',
      `Valkey could not start on ${this.dir}: ${why}. ` +
        'Its data can be made again: if it cannot read that data, delete dump.rdb there and start again',
    )
  }
}
