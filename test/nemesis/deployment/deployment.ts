import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { type EmbeddedEngines, startEngines } from '../../../src/embedded/index.js'
import { type ReplicaSet, startReplicaSet } from '../../support/engines/replica-set.js'
import { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { answeredBy } from '../../support/world.js'
import { freePorts } from './ports.js'
import { Instance, type Role } from './instance.js'

const database = 'verbatim'
const roles: readonly Role[] = ['api', 'api', 'worker', 'worker', 'projector', 'projector']

/** How a model answers that has no fault: a word every so many milliseconds, so that faults meet open replies. */
export const usualPace = { fault: 'slow', at: 25 } as const

/** What is long in production and would only make a run longer. Nobody is limited: limits have tests of their own. */
const settings = {
  HOST: '127.0.0.1',
  LOG_LEVEL: 'warn',
  SHUTDOWN_GRACE_MS: '3000',
  REPLY_WAIT_MS: '10000',
  REPLY_TIMEOUT_MS: '30000',
  STREAM_IDLE_MS: '5000',
  REPLY_BACKOFF_MS: '200',
  RATE_LIMIT_MAX_REQUESTS: '1000000',
  USER_RATE_LIMIT_MAX_REQUESTS: '1000000',
  PROMPTS_PER_MINUTE: '1000000',
  SESSION_PROMPTS_PER_MINUTE: '1000000',
}

/** A replica set of three, a Redis, a model, and two processes of each role; what faults strike. */
export class Deployment {
  private constructor(
    readonly folder: string,
    readonly set: ReplicaSet,
    private redisEngine: EmbeddedEngines,
    readonly model: FakeOpenAi,
    /** What every process of the service is started with. */
    readonly environment: Record<string, string>,
    readonly instances: readonly Instance[],
  ) {}

  static async start(): Promise<Deployment> {
    const folder = await mkdtemp(join(tmpdir(), 'verbatim-nemesis-'))
    const [redisPort, ...ports] = await freePorts(4 + roles.length)
    const [set, redis, model] = await Promise.all([
      startReplicaSet({ dir: join(folder, 'mongo'), ports: ports.splice(0, 3) }),
      startEngines({ dataDir: join(folder, 'redis'), mongo: false, redis: true, redisPort }),
      FakeOpenAi.start(),
    ])
    model.always(usualPace)
    const environment = {
      ...settings,
      ...answeredBy(model),
      MASTER_KEY: randomBytes(32).toString('hex'),
      NOTARY_KEY: randomBytes(32).toString('hex'),
    }
    const place = { folder, database, set, redisUrl: redis.redisUrl!, environment }
    const instances: Instance[] = []
    for (const [i, role] of roles.entries()) instances.push(await Instance.of(role, (i % 2) + 1, ports[i]!, place))
    const deployment = new Deployment(folder, set, redis, model, environment, instances)
    await instances[0]!.start() // the first one makes what all of them share
    await Promise.all(instances.slice(1).map((instance) => instance.start()))
    return deployment
  }

  /** Of the set and of Redis themselves, past all proxies. */
  get direct(): { mongodbUri: string; environment: Record<string, string> } {
    const [hosts, query] = this.set.uri.split('/?')
    const environment = { ...this.environment, REDIS_URL: this.redisUrl }
    return { mongodbUri: `${hosts}/${database}?${query}`, environment }
  }

  get redisUrl(): string {
    return this.redisEngine.redisUrl!
  }

  of(role: Role): readonly Instance[] {
    return this.instances.filter((instance) => instance.role === role)
  }

  get apiUrls(): readonly string[] {
    return this.of('api').map(({ url }) => url)
  }

  async emptyRedis(): Promise<void> {
    const redis = new Redis(this.redisUrl)
    try {
      await redis.flushall()
    } finally {
      redis.disconnect()
    }
  }

  signalRedis(signal: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.redisEngine.supervisorPid, signal)
  }

  async killRedis(): Promise<void> {
    process.kill(this.redisEngine.supervisorPid, 'SIGKILL')
    await this.redisEngine.failure
  }

  async startRedisAgain(): Promise<void> {
    const redisPort = Number(new URL(this.redisUrl).port)
    this.redisEngine = await startEngines({ dataDir: join(this.folder, 'redis'), mongo: false, redis: true, redisPort })
  }

  /** What each process has printed, for people. */
  async keepOutputs(): Promise<string> {
    const folder = join(this.folder, 'outputs')
    await mkdir(folder, { recursive: true })
    for (const { name, output } of this.instances)
      await writeFile(join(folder, `${name.replace(' ', '-')}.log`), output)
    return folder
  }

  /** Everything at once; keeps only what the processes have printed, if that is wanted. */
  async end({ keeping }: { keeping: boolean }): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.close()))
    await Promise.all([this.set.stop(), this.redisEngine.stop(), this.model.close()])
    const rubbish = keeping ? ['mongo', 'redis', 'data'].map((name) => join(this.folder, name)) : [this.folder]
    for (const path of rubbish) await rm(path, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 })
  }
}
