import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** When a fault strikes: before the server has the message, while it works on it, or when its reply is on the way. */
export type Moment = 'before' | 'during' | 'after'

export interface Fault {
  /** The message it waits for. */
  at: (message: Buffer) => boolean
  moment: Moment
  /** What happens then. Returning 'cut' ends the connection. */
  strike: () => Promise<'cut' | 'go on'>
  /** The message, or its reply, goes on only after this. */
  until?: Promise<unknown>
  /** How many messages it strikes; 1 unless told. */
  times?: number
}

/** A MongoDB command by its name, on a collection unless it concerns none. */
export function command(name: string, collection?: string): Fault['at'] {
  const begin = Buffer.from(`${name}\0`)
  const target = collection === undefined ? undefined : Buffer.from(`${collection}\0`)
  return (message) => {
    const at = message.indexOf(begin, 16)
    if (at < 0 || at > 40) return false // the command's name is the first field of the message
    if (!target) return true
    const value = at + begin.length + 4
    return message.subarray(value, value + target.length).equals(target)
  }
}

export const withField =
  (inner: Fault['at'], field: string): Fault['at'] =>
  (message) =>
    inner(message) && message.includes(`${field}\0`)

export const redisCommand =
  (name: string): Fault['at'] =>
  (message) =>
    message.toString('latin1').toLowerCase().includes(`\r\n${name}\r\n`)

/** Stands between one process and an engine, so that faults come from outside, at any message, without a hook in our code. */
export class Proxy {
  private armed?: Fault & { struck: () => void; left: number }
  private readonly sockets = new Set<Socket>()
  private isCut = false
  private isSilent = false
  private delayMs = 0
  private stalled: Promise<void> | undefined
  private endStall = () => {}

  private constructor(
    private readonly server: Server,
    private readonly split: (bytes: Buffer) => number,
    private readonly rewrite: (answer: Buffer) => Buffer,
  ) {}

  /** Answers may be rewritten on their way. */
  static async before(
    port: number,
    protocol: 'mongodb' | 'redis',
    rewrite: (answer: Buffer) => Buffer = (answer) => answer,
  ): Promise<Proxy> {
    const server = createServer()
    // A MongoDB message begins with its length; of Redis, whatever came together is taken for one.
    const mongo = (bytes: Buffer) =>
      bytes.length < 4 || bytes.length < bytes.readInt32LE(0) ? 0 : bytes.readInt32LE(0)
    const proxy = new Proxy(server, protocol === 'mongodb' ? mongo : (bytes) => bytes.length, rewrite)
    server.on('connection', (client) => proxy.join(client, connect(port, '127.0.0.1')))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  /** The address of a database, through this proxy. */
  addressOf(mongodbUri: string): string {
    const through = new URL(mongodbUri)
    through.port = String(this.port)
    through.searchParams.set('directConnection', 'true') // or the driver goes to where the server says it is
    return through.toString()
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  /** Resolves when the fault has struck for the last time. */
  arm(fault: Fault): Promise<void> {
    return new Promise((struck) => {
      this.armed = { ...fault, struck, left: fault.times ?? 1 }
    })
  }

  /** Ends all connections and every new one at once, until it is mended: the process behind is cut off. */
  cut(): void {
    this.isCut = true
    for (const socket of this.sockets) socket.destroy()
  }

  /** Ends all connections as a crashed router does; new ones are accepted. */
  reset(): void {
    for (const socket of this.sockets) socket.resetAndDestroy()
  }

  /**
   * The engine still hears everything, but none of its answers arrives, until it is mended. A connection that has lost
   * an answer stays silent even then: no byte that comes after lost ones ever arrives over TCP.
   */
  swallowAnswers(): void {
    this.isSilent = true
  }

  /** Every message, in both directions, takes so much longer, until it is mended. */
  slowDown(delayMs: number): void {
    this.delayMs = delayMs
  }

  /** Nothing passes until it is mended; then everything does that has waited. */
  stall(): void {
    this.stalled ??= new Promise((resolve) => (this.endStall = resolve))
  }

  mend(): void {
    this.isCut = false
    this.isSilent = false
    this.delayMs = 0
    this.stalled = undefined
    this.endStall()
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.cut()
    await closed
  }

  private join(client: Socket, server: Socket): void {
    if (this.isCut) {
      client.destroy()
      server.destroy()
      return
    }
    for (const socket of [client, server]) socket.setNoDelay()
    let striking: (Fault & { struck: () => void; left: number }) | undefined
    let hasLostAnswers = false
    const end = () => {
      client.destroy()
      server.destroy()
    }
    this.relay(client, server, end, async (message) => {
      const fault = this.armed
      if (!fault?.at(message)) return 'go on'
      if (--fault.left === 0) this.armed = undefined
      if (fault.moment === 'before') return this.strike(fault)
      if (fault.moment === 'after') striking = fault
      else setImmediate(() => void this.strike(fault).then((then) => then === 'cut' && end()))
      return 'go on'
    })
    this.relay(
      server,
      client,
      end,
      async () => {
        const fault = striking
        striking = undefined
        hasLostAnswers ||= this.isSilent
        if (hasLostAnswers) return 'swallow'
        return fault ? this.strike(fault) : 'go on'
      },
      this.rewrite,
    )
  }

  private async strike(fault: Fault & { struck: () => void; left: number }): Promise<'cut' | 'go on'> {
    const then = await fault.strike()
    if (fault.left === 0) fault.struck()
    await fault.until
    return then
  }

  /** Message by message, in order. */
  private relay(
    from: Socket,
    to: Socket,
    end: () => void,
    look: (message: Buffer) => Promise<'cut' | 'swallow' | 'go on'>,
    rewrite = (message: Buffer) => message,
  ): void {
    let waiting = Buffer.alloc(0)
    let passing = Promise.resolve()
    this.sockets.add(from)
    from.on('error', end).on('close', () => {
      this.sockets.delete(from)
      end()
    })
    from.on('data', (bytes) => {
      waiting = Buffer.concat([waiting, bytes])
      for (let length = this.split(waiting); length > 0; length = waiting.length > 0 ? this.split(waiting) : 0) {
        const message = waiting.subarray(0, length)
        waiting = waiting.subarray(length)
        passing = passing.then(async () => {
          if (this.delayMs > 0) await pause(this.delayMs)
          await this.stalled
          const then = await look(message)
          if (then === 'cut') end()
          else if (then === 'go on' && !to.destroyed) to.write(rewrite(message))
        })
      }
    })
  }
}
