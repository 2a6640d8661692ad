import { ServiceProcess } from '../../support/service-process.js'
import { MongoLink, RedisLink } from './links.js'
import type { ReplicaSet } from '../../support/engines/replica-set.js'

export type Role = 'api' | 'worker' | 'projector'

interface Place {
  folder: string
  database: string
  set: ReplicaSet
  redisUrl: string
  environment: Record<string, string>
}

/** One process of the service, with its own way to each engine. It keeps its port when it is started again. */
export class Instance {
  /** How it ended, whenever nobody had told it to. */
  readonly ownEnds: string[] = []
  /** Everything that it has printed, in all its lives. */
  private printed = ''
  private service: ServiceProcess | undefined
  private isTold = false

  private constructor(
    readonly name: string,
    readonly role: Role,
    private readonly port: number,
    readonly mongo: MongoLink,
    readonly redis: RedisLink,
    private readonly place: Place,
  ) {}

  static async of(role: Role, number: number, port: number, place: Place): Promise<Instance> {
    const links = [await MongoLink.to(place.set), await RedisLink.to(place.redisUrl)] as const
    return new Instance(`${role} ${number}`, role, port, ...links, place)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get output(): string {
    return this.printed + (this.service?.output ?? '')
  }

  /** Resolves when it is ready. */
  async start(more: Record<string, string> = {}): Promise<void> {
    const { folder, database, environment } = this.place
    this.printed = `${this.output}\n--- started ${new Date().toISOString()}\n`
    this.isTold = false
    const service = new ServiceProcess(folder, {
      ...environment,
      ROLES: this.role,
      PORT: String(this.port),
      MONGODB_URI: this.mongo.uri(database),
      REDIS_URL: this.redis.url,
      ...more,
    })
    this.service = service
    void service.ended.then((how) => {
      if (!this.isTold) this.ownEnds.push(`${this.name} ended with ${how}:\n${service.output.slice(-2_000)}`)
    })
    await service.url()
  }

  /** Returns when it is gone, after a signal that ends it. */
  async signal(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const ends = signal === 'SIGKILL' || signal === 'SIGTERM'
    if (ends) this.isTold = true
    this.service!.process.kill(signal)
    if (ends) await this.service!.ended
  }

  async close(): Promise<void> {
    await this.signal('SIGKILL')
    await Promise.all([this.mongo.close(), this.redis.proxy.close()])
  }
}
