import { Client } from '../../test/support/world.js'
import { ServiceProcess } from '../../test/support/service-process.js'
import type { Place } from '../store/contender.js'

/** One process of the service over a bench's own engines, stopped and started as often as is wanted. */
export class Deployment {
  private service: ServiceProcess | undefined

  constructor(
    readonly place: Place,
    readonly masterKey: Buffer,
    private readonly folder: string,
    private readonly environment: Record<string, string> = {},
  ) {}

  get mongodbUri(): string {
    const uri = new URL(this.place.mongoUri)
    uri.pathname = `/${this.place.database}`
    return uri.toString()
  }

  /** Gives the address of a fresh process. */
  async start(environment: Record<string, string> = {}): Promise<string> {
    await this.stop()
    const unlimited = {
      RATE_LIMIT_MAX_REQUESTS: '1000000',
      USER_RATE_LIMIT_MAX_REQUESTS: '1000000',
      PROMPTS_PER_MINUTE: '1000000',
    }
    const keys = { MASTER_KEY: this.masterKey.toString('hex'), HOST: '127.0.0.1', LOG_LEVEL: 'warn' }
    this.service = new ServiceProcess(this.folder, {
      ...unlimited,
      ...keys,
      ...this.environment,
      ...environment,
      MONGODB_URI: this.mongodbUri,
      REDIS_URL: this.place.redisUrl,
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

  async stop(): Promise<void> {
    this.service?.process.kill('SIGTERM')
    await this.service?.ended
    this.service = undefined
  }
}
