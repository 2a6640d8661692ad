import type { Server, Socket } from 'node:net'

/** The WebAssembly build treats descriptors from here on as the host's sockets. It has room for about 6,000 of them. */
const FIRST_DESCRIPTOR = 4096
const LISTENER = FIRST_DESCRIPTOR
const READABLE = 1
const WRITABLE = 2
/** Tells the build that there is nothing now and that it should ask again later. */
const AGAIN = -1

interface Connection {
  readonly socket: Socket
  /** What has arrived and Valkey has not read yet. */
  readonly inbox: Buffer[]
  /** Nothing more will arrive. */
  hasEnded: boolean
  /** The client reads more slowly than Valkey writes. Valkey's own buffer limits then apply. */
  isFull: boolean
}

/**
 * The sockets of a Valkey that was compiled to WebAssembly. It calls functions of its host to read and to write; these
 * functions use the sockets of one TCP server. They run in the same turn of the event loop as the step of Valkey.
 */
export class ValkeySockets {
  /** Something was read, written or accepted since the last step, so Valkey may have more to do at once. */
  hasActivity = false

  private readonly connections = new Map<number, Connection>()
  private readonly waiting: number[] = []
  private readonly freeDescriptors: number[] = []
  private nextDescriptor = LISTENER + 1

  constructor(
    private readonly server: Server,
    private readonly memory: () => ArrayBuffer,
    private readonly wake: () => void,
  ) {
    server.on('connection', (socket) => this.addConnection(socket))
  }

  /** What Valkey imports from its host. */
  readonly imports = {
    socket: () => LISTENER,
    listen: () => 0, // the server listens already, so that a taken port is known before Valkey boots
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

  private addConnection(socket: Socket): void {
    const connection: Connection = { socket, inbox: [], hasEnded: false, isFull: false }
    const change = (apply: () => void) => () => {
      apply()
      this.wake()
    }
    // Small answers must not wait for the acknowledgement of the last one: that takes up to 40 ms
    socket.setNoDelay(true)
    socket.on('data', (chunk) => change(() => connection.inbox.push(chunk))())
    socket.on(
      'end',
      change(() => (connection.hasEnded = true)),
    )
    socket.on(
      'close',
      change(() => (connection.hasEnded = true)),
    )
    socket.on(
      'error',
      change(() => (connection.hasEnded = true)),
    )
    socket.on(
      'drain',
      change(() => (connection.isFull = false)),
    )
    // Descriptors are used again, or none would be left after 6,000 connections
    const fd = this.freeDescriptors.pop() ?? this.nextDescriptor++
    this.connections.set(fd, connection)
    this.waiting.push(fd)
    this.wake()
  }

  private accept(): number {
    const fd = this.waiting.shift()
    if (fd === undefined) return AGAIN
    this.hasActivity = true
    return fd
  }

  /** Returns 0 at the end of the stream. */
  private read(fd: number, at: number, length: number): number {
    const connection = this.connections.get(fd)
    if (!connection) return AGAIN
    let filled = 0
    while (filled < length && connection.inbox.length > 0) {
      const head = connection.inbox[0]!
      const copied = head.copy(this.bytes(at + filled, length - filled))
      if (copied === head.length) connection.inbox.shift()
      else connection.inbox[0] = head.subarray(copied)
      filled += copied
    }
    if (filled === 0 && !connection.hasEnded) return AGAIN
    this.hasActivity = true
    return filled
  }

  private write(fd: number, at: number, length: number): number {
    const connection = this.connections.get(fd)
    if (!connection || connection.hasEnded || connection.isFull) return AGAIN
    connection.isFull = !connection.socket.write(Buffer.from(this.bytes(at, length))) // a copy: Valkey reuses its buffer
    this.hasActivity = true
    return length
  }

  private close(fd: number): void {
    if (!this.connections.has(fd)) return
    this.connections.get(fd)!.socket.destroy()
    this.connections.delete(fd)
    this.freeDescriptors.push(fd)
  }

  /** Both lists are pairs of 32-bit numbers in Valkey's memory: descriptors that it asks for, and those that are ready. */
  private poll(asked: number, count: number, answer: number, room: number): number {
    const memory = new DataView(this.memory())
    let ready = 0
    for (let i = 0; i < count && ready < room; i++) {
      const fd = memory.getInt32(asked + i * 8, true)
      const events = memory.getInt32(asked + i * 8 + 4, true) & this.readyEvents(fd)
      if (!events) continue
      memory.setInt32(answer + ready * 8, fd, true)
      memory.setInt32(answer + ready * 8 + 4, events, true)
      ready++
    }
    return ready
  }

  private readyEvents(fd: number): number {
    if (fd === LISTENER) return this.waiting.length > 0 ? READABLE : 0
    const connection = this.connections.get(fd)
    if (!connection) return 0
    return (connection.inbox.length > 0 || connection.hasEnded ? READABLE : 0) | (connection.isFull ? 0 : WRITABLE)
  }

  /** Valkey's memory moves when it grows, so a view of it is used only once. */
  private bytes(at: number, length: number): Buffer {
    return Buffer.from(this.memory(), at, length)
  }
}
