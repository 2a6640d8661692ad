import { Client } from '../../test/support/world.js'
import { ServiceProcess } from '../../test/support/service-process.js'
import type { BenchDatabase } from './servers.js'

/** One process of the service on a bench's own engines; it can be stopped and started again. */
export class Deployment {
  private service: ServiceProcess | undefined

  constructor(
    readonly database: BenchDatabase,
    readonly masterKey: Buffer,
    private readonly folder: string,
    private readonly environment: Record<string, string> = {},
  ) {}

  get mongodbUri(): string {
    const { mongoUri, database } = this.database
    return mongoUri.replace(/^([^:]+:\/\/[^/]+)\/?/, `$1/${database}`) // which may name several hosts: it is no URL
  }

  /** Returns the address of a new process. */
  async start(environment: Record<string, string> = {}): Promise<string> {
    await this.stop()
    const unlimited = {
      RATE_LIMIT_MAX_REQUESTS: '1000000',
      USER_RATE_LIMIT_MAX_REQUESTS: '1000000',
      MAX_STREAMS_PER_ACCOUNT: '0',
      MAX_CHATS_PER_ACCOUNT: '0',
      PROMPTS_PER_MINUTE: '1000000',
    }
    const keys = { MASTER_KEY: this.masterKey.toString('hex'), HOST: '127.0.0.1', LOG_LEVEL: 'warn' }
    this.service = new ServiceProcess(this.folder, {
      ...unlimited,
      ...keys,
      ...this.environment,
      ...environment,
      MONGODB_URI: this.mongodbUri,
      REDIS_URL: this.database.redisUrl,
    })
    return await this.service.url()
  }

  async account(): Promise<Client> {
    const url = await this.start()
    const { body } = await new Client(url).post('/api/auth/register', {
      email: 'bench@example.org',
      password: 'a long secret',
    })
    const { user, token } = body.data
    return new Client(url, { authorization: `Bearer ${token}` }, user.id)
  }

  /** Of the running process. */
  get pid(): number {
    return this.service!.process.pid!
  }

  async stop(): Promise<void> {
    this.service?.process.kill('SIGTERM')
    await this.service?.ended
    this.service = undefined
  }
}
