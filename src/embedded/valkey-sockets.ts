import type { Server, Socket } from 'node:net'

/** The WebAssembly build takes descriptors from here on for the host's sockets, and has room for some 6,000 of them. */
const FIRST_DESCRIPTOR = 4096
const LISTENER = FIRST_DESCRIPTOR
const READABLE = 1
const WRITABLE = 2
/** To the build this says "nothing now, ask again later". */
const AGAIN = -1

interface Connection {
  readonly socket: Socket
  /** What has arrived and Valkey has not read. */
  readonly inbox: Buffer[]
  /** Nothing more will arrive. */
  ended: boolean
  /** The other side reads more slowly than Valkey writes; Valkey's own buffer limits then take over. */
  full: boolean
}

/**
 * The sockets of a Valkey that was compiled to WebAssembly: it knows read and write only as functions of its host, and
 * these answer them from one TCP server. Everything here happens in the event loop's turn that Valkey is stepped in.
 */
export class ValkeySockets {
  /** Since Valkey was last stepped something was read, written or accepted, so there may be more to do at once. */
  moved = false

  private readonly connections = new Map<number, Connection>()
  private readonly unaccepted: number[] = []
  private readonly freed: number[] = []
  private next = LISTENER + 1

  constructor(
    private readonly server: Server,
    private readonly memory: () => ArrayBuffer,
    private readonly wake: () => void,
  ) {
    server.on('connection', (socket) => this.greet(socket))
  }

  /** What Valkey imports from its host. */
  readonly imports = {
    socket: () => LISTENER,
    listen: () => 0, // the server listens already: only so can a taken port be told before Valkey boots
    accept: () => this.accept(),
    read: (fd: number, at: number, length: number) => this.read(fd, at, length),
    write: (fd: number, at: number, length: number) => this.write(fd, at, length),
    close: (fd: number) => this.close(fd),
    poll: (asked: number, count: number, answer: number, room: number) => this.poll(asked, count, answer, room),
  }

  closeAll(): void {
    this.server.close()
    for (const fd of this.connections.keys()) this.close(fd)
  }

  private greet(socket: Socket): void {
    const connection: Connection = { socket, inbox: [], ended: false, full: false }
    const change = (apply: () => void) => () => {
      apply()
      this.wake()
    }
    // Small answers must not wait until the last one is acknowledged: that takes up to 40 ms
    socket.setNoDelay(true)
    socket.on('data', (chunk) => change(() => connection.inbox.push(chunk))())
    socket.on(
      'end',
      change(() => (connection.ended = true)),
    )
    socket.on(
      'close',
      change(() => (connection.ended = true)),
    )
    socket.on(
      'error',
      change(() => (connection.ended = true)),
    )
    socket.on(
      'drain',
      change(() => (connection.full = false)),
    )
    // A descriptor that is never given out again would be the last one after 6,000 connections
    const fd = this.freed.pop() ?? this.next++
    this.connections.set(fd, connection)
    this.unaccepted.push(fd)
    this.wake()
  }

  private accept(): number {
    const fd = this.unaccepted.shift()
    if (fd === undefined) return AGAIN
    this.moved = true
    return fd
  }

  /** 0 is the end of the stream. */
  private read(fd: number, at: number, length: number): number {
    const connection = this.connections.get(fd)
    if (!connection) return AGAIN
    let filled = 0
    while (filled < length && connection.inbox.length > 0) {
      const head = connection.inbox[0]!
      const taken = head.copy(this.bytes(at + filled, length - filled))
      if (taken === head.length) connection.inbox.shift()
      else connection.inbox[0] = head.subarray(taken)
      filled += taken
    }
    if (filled === 0 && !connection.ended) return AGAIN
    this.moved = true
    return filled
  }

  private write(fd: number, at: number, length: number): number {
    const connection = this.connections.get(fd)
    if (!connection || connection.ended || connection.full) return AGAIN
    connection.full = !connection.socket.write(Buffer.from(this.bytes(at, length))) // a copy: Valkey reuses its buffer
    this.moved = true
    return length
  }

  private close(fd: number): void {
    if (!this.connections.has(fd)) return
    this.connections.get(fd)!.socket.destroy()
    this.connections.delete(fd)
    this.freed.push(fd)
  }

  /** Pairs of 32-bit numbers in Valkey's memory: which descriptors it asks about, and which of those are ready. */
  private poll(asked: number, count: number, answer: number, room: number): number {
    const memory = new DataView(this.memory())
    let ready = 0
    for (let i = 0; i < count && ready < room; i++) {
      const fd = memory.getInt32(asked + i * 8, true)
      const events = memory.getInt32(asked + i * 8 + 4, true) & this.possible(fd)
      if (!events) continue
      memory.setInt32(answer + ready * 8, fd, true)
      memory.setInt32(answer + ready * 8 + 4, events, true)
      ready++
    }
    return ready
  }

  private possible(fd: number): number {
    if (fd === LISTENER) return this.unaccepted.length > 0 ? READABLE : 0
    const connection = this.connections.get(fd)
    if (!connection) return 0
    return (connection.inbox.length > 0 || connection.ended ? READABLE : 0) | (connection.full ? 0 : WRITABLE)
  }

  /** Valkey's memory moves when it grows, so no view of it is kept. */
  private bytes(at: number, length: number): Buffer {
    return Buffer.from(this.memory(), at, length)
  }
}
