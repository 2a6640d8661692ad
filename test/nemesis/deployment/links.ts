import { Proxy } from '../../fault/proxy.js'
import type { ReplicaSet } from '../../support/engines/replica-set.js'

/** All connections of one process to one engine. */
export interface Link {
  cut(): void
  reset(): void
  slowDown(delayMs: number): void
  stall(): void
  swallowAnswers(): void
  mend(): void
}

/** The way of one process to its Redis. */
export class RedisLink {
  private constructor(readonly proxy: Proxy) {}

  static async to(redisUrl: string): Promise<RedisLink> {
    return new RedisLink(await Proxy.before(Number(new URL(redisUrl).port), 'redis'))
  }

  get url(): string {
    return `redis://127.0.0.1:${this.proxy.port}`
  }
}

/**
 * The way of one process to all members of a replica set. A driver goes to the addresses that the members tell, so these
 * are replaced in their answers by those of the proxies, which have as many letters.
 */
export class MongoLink implements Link {
  private constructor(
    private readonly proxies: readonly Proxy[],
    private readonly set: ReplicaSet,
  ) {}

  static async to(set: ReplicaSet): Promise<MongoLink> {
    const proxies: Proxy[] = []
    const rewrite = (answer: Buffer) => withAddresses(answer, set, proxies)
    for (const { port } of set.members) proxies.push(await Proxy.before(port, 'mongodb', rewrite))
    return new MongoLink(proxies, set)
  }

  uri(database: string): string {
    const hosts = this.proxies.map(({ port }) => `127.0.0.1:${port}`)
    return `mongodb://${hosts.join()}/${database}?${this.set.uri.split('?')[1]}`
  }

  cut = () => this.each((proxy) => proxy.cut())
  reset = () => this.each((proxy) => proxy.reset())
  slowDown = (delayMs: number) => this.each((proxy) => proxy.slowDown(delayMs))
  stall = () => this.each((proxy) => proxy.stall())
  swallowAnswers = () => this.each((proxy) => proxy.swallowAnswers())
  mend = () => this.each((proxy) => proxy.mend())

  async close(): Promise<void> {
    await Promise.all(this.proxies.map((proxy) => proxy.close()))
  }

  private each(act: (proxy: Proxy) => void): void {
    for (const proxy of this.proxies) act(proxy)
  }
}

function withAddresses(answer: Buffer, { members }: ReplicaSet, proxies: readonly Proxy[]): Buffer {
  if (!answer.includes('isWritablePrimary')) return answer // only an answer to `hello` names members
  let text = answer.toString('latin1') // one character for each byte
  members.forEach(({ host }, i) => (text = text.replaceAll(host, `127.0.0.1:${proxies[i]!.port}`)))
  return Buffer.from(text, 'latin1')
}
