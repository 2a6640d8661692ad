import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { borrowDatabase, returnDatabase } from './databases.js'
import { FakeOpenAi } from './llm/fake-openai.js'
import { ServiceInProcess } from './service-in-process.js'
import { ServiceProcess } from './service-process.js'

/** Nobody is limited unless a test is about limits. */
const unlimited = {
  RATE_LIMIT_MAX_REQUESTS: '1000000',
  USER_RATE_LIMIT_MAX_REQUESTS: '1000000',
  PROMPTS_PER_MINUTE: '1000000',
}

/** Prompts are answered by this model, unless they ask for another. */
export const answeredBy = (model: { url: string }) => ({
  OPENAI_BASE_URL: model.url,
  OPENAI_API_KEY: 'x',
  DEFAULT_MODEL: 'openai/gpt-4o-mini',
})

/**
 * One deployment of the service over a database of its own in the run's engines: any number of instances of the
 * application, each inside the test's process or in a process of its own.
 */
export class World {
  readonly services: (ServiceInProcess | ServiceProcess)[] = []
  private readonly others: { close(): Promise<unknown> }[] = []
  private accounts = 0

  private constructor(
    readonly folder: string,
    readonly mongodbUri: string,
    readonly environment: Record<string, string>,
  ) {}

  static async begin(environment: Record<string, string> = {}): Promise<World> {
    const { VERBATIM_TEST_MONGODB_URI: engine, VERBATIM_TEST_REDIS_URL: redis } = process.env as Record<string, string>
    const mongodbUri = databaseIn(engine!, await borrowDatabase(engine!, redis!))
    const common = {
      ...unlimited,
      MONGODB_URI: mongodbUri,
      REDIS_URL: redis!,
      MASTER_KEY: randomBytes(32).toString('hex'),
      NOTARY_KEY: randomBytes(32).toString('hex'),
      HOST: '127.0.0.1',
      LOG_LEVEL: 'warn',
    }
    return new World(await mkdtemp(join(tmpdir(), 'verbatim-world-')), mongodbUri, { ...common, ...environment })
  }

  /** One whose prompts are answered by a model of its own. */
  static async withModel(environment: Record<string, string> = {}): Promise<{ model: FakeOpenAi; world: World }> {
    const model = await FakeOpenAi.start()
    const world = await World.begin({ ...answeredBy(model), ...environment })
    return { model: world.closeAtEnd(model), world }
  }

  /** What is open beside the services, closed after them: the last one first. */
  closeAtEnd<Open extends { close(): Promise<unknown> }>(open: Open): Open {
    this.others.push(open)
    return open
  }

  /** One more instance, inside this process: wherever neither a process's death nor its own output is the point. */
  start(environment: Record<string, string> = {}): ServiceInProcess {
    const service = new ServiceInProcess({ ...this.environment, DATA_DIR: join(this.folder, 'data'), ...environment })
    this.services.push(service)
    return service
  }

  /** One more instance in a process of its own, compiled, as in production. */
  spawn(environment: Record<string, string> = {}, program?: string): ServiceProcess {
    const service = new ServiceProcess(this.folder, { ...this.environment, ...environment }, [], program)
    this.services.push(service)
    return service
  }

  /** Those of the instances that are processes. */
  get processes(): ServiceProcess[] {
    return this.services.filter((service) => service instanceof ServiceProcess)
  }

  /** An account, reached through this address. */
  async account(url: string): Promise<Client> {
    const email = `person-${++this.accounts}@example.org`
    const { status, body } = await new Client(url).post('/api/auth/register', {
      email,
      password: 'a long secret',
      name: 'A Person',
    })
    if (status !== 201) throw new Error(`no account: ${status} ${JSON.stringify(body)}`)
    const { user, token } = (body as { data: { user: { id: string }; token: string } }).data
    return new Client(url, { authorization: `Bearer ${token}` }, user.id, email)
  }

  /** As the kernel does when memory is short: without a word. */
  async kill(...services: ServiceProcess[]): Promise<void> {
    for (const { process: child } of services) child.kill('SIGKILL')
    await Promise.all(services.map(({ ended }) => ended))
  }

  async end(): Promise<void> {
    await Promise.all(this.services.map((service) => service.close()))
    for (const other of this.others.splice(0).toReversed()) await other.close()
    returnDatabase(new URL(this.mongodbUri).pathname.slice(1))
    await rm(this.folder, { recursive: true, force: true })
  }
}

export interface Answered {
  status: number
  headers: Headers
  // Answers are looked into freely; what is not there fails the test.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any
}

/** Somebody who calls the API with plain HTTP. */
export class Client {
  constructor(
    readonly url: string,
    readonly headers: Record<string, string> = {},
    readonly id = '',
    readonly email = '',
  ) {}

  /** The same person at another process. */
  at(url: string): Client {
    return new Client(url, this.headers, this.id, this.email)
  }

  /** The same person with other headers as well. */
  with(headers: Record<string, string>): Client {
    return new Client(this.url, { ...this.headers, ...headers }, this.id, this.email)
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answered> {
    const response = await this.fetch(method, path, body)
    const text = await response.text()
    const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text }
  }

  fetch(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const isForm = body instanceof FormData
    const sent = body === undefined ? {} : { body: typeof body === 'string' || isForm ? body : JSON.stringify(body) }
    const type: Record<string, string> = body === undefined || isForm ? {} : { 'content-type': 'application/json' }
    return fetch(this.url + path, { method, headers: { ...type, ...this.headers }, ...sent, signal })
  }

  get(path: string): Promise<Answered> {
    return this.ask('GET', path)
  }

  post(path: string, body?: unknown): Promise<Answered> {
    return this.ask('POST', path, body)
  }
}

function databaseIn(uri: string, name: string): string {
  const url = new URL(uri)
  url.pathname = `/${name}`
  return url.toString()
}
