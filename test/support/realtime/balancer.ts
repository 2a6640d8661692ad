import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** What stands before several API processes: each connection goes to the next one, and may be cut at any byte. */
export class Balancer {
  /** Connections that reached each process. */
  readonly reached = new Map<string, number>()
  private readonly clients = new Set<Socket>()
  private turn = 0

  private constructor(
    private readonly server: Server,
    public targets: string[],
  ) {}

  static async before(...targets: string[]): Promise<Balancer> {
    const server = createServer()
    const balancer = new Balancer(server, targets)
    server.on('connection', (client) => balancer.pass(client))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return balancer
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  cut(): void {
    for (const client of this.clients) client.destroy()
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.cut()
    await closed
  }

  private pass(client: Socket): void {
    const target = this.targets[this.turn++ % this.targets.length]!
    const server = connect(Number(new URL(target).port), '127.0.0.1')
    server.on('connect', () => this.reached.set(target, (this.reached.get(target) ?? 0) + 1))
    this.clients.add(client)
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => {})
      one.on('close', () => {
        this.clients.delete(client)
        other.destroy()
      })
      one.pipe(other)
    }
  }
}
