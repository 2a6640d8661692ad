import { Belongings } from '../api/belongings.js'
import type { Contract, Operation, Parameter } from '../api/contract.js'
import { wrongWords } from '../api/malformed.js'
import { forged } from '../api/tokens.js'
import type { Database } from '../ops/database.js'
import { Random } from '../seeds.js'
import { Client, type World } from '../world.js'
import type { Shot } from './exchange.js'
import { anything, brokenBodies, hostileTexts, spoiled, valid } from './values.js'

export const roles = ['anonymous', 'guest', 'user', 'auditor', 'admin'] as const
export type Role = (typeof roles)[number]

/** Where attacks happen. */
export interface Scene {
  readonly world: World
  readonly database: Database
  readonly contract: Contract
  readonly url: string
  /** What signs the tokens of the service. */
  readonly secret: string
  /** What somebody else has. */
  readonly victim: Belongings
}

/** Each of these ends the attacker's own account, or costs much: fewer of them leave more time for the others. */
const rare = /profile|log(in|out)|register|password|rebuild|export|initialize_session|generate-api-key/
/** Other sessions would find the service behind. */
const neverSent = new Set(['Projections_pause'])
/** Which of the operations that are rare is sent after all. */
const oneIn = 6

let attackers = 0

/** One caller with one role. Everything that it sends is drawn from its seed. */
export class Attacker {
  /** In all that it says. */
  canary = ''
  private readonly random: Random
  private own: Belongings | undefined
  private client: Client
  private apiKey = ''
  private sessionId = ''
  private forged: string[] = []
  private sent = 0

  private constructor(
    private readonly scene: Scene,
    readonly role: Role,
    seed: number,
  ) {
    this.random = new Random(seed)
    this.client = new Client(scene.url)
  }

  static async of(scene: Scene, role: Role, seed: number): Promise<Attacker> {
    const attacker = new Attacker(scene, role, seed)
    await attacker.begin()
    return attacker
  }

  /** A new account, or a new session, with one of each thing in it. */
  async begin(): Promise<void> {
    const { scene, role } = this
    const { url, world, database, contract } = scene
    this.canary = `CANARY-${role}-${++attackers}`
    const account = await world.account(url)
    this.forged = Object.values(forged(account.headers.authorization!.slice('Bearer '.length), scene.secret))
    if (role === 'anonymous') return
    if (role === 'guest') {
      this.sessionId = (await new Client(url).post('/session/initialize_session')).body.session_id
      return
    }
    await account.ask('PUT', '/api/users/profile', { name: this.canary })
    this.apiKey = (await account.post('/api/users/generate-api-key')).body.data.apiKey
    if (role !== 'user') await database.grant(account.id, role)
    this.own = await Belongings.of(account, contract, this.canary)
    this.client = account
  }

  async next(): Promise<{ shot: Shot; isOwn: boolean }> {
    if (++this.sent % 150 === 0) await this.begin()
    const { random } = this
    const operation = this.chooseOperation()
    const credentials = this.credentials()
    const path = `${this.address(operation)}${this.query(operation)}`
    const { body, type } = this.body(operation)
    const headers = {
      ...(type !== undefined && { 'content-type': type }),
      ...credentials.headers,
      ...this.oddHeaders(),
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
    }
    const method = random.oneIn(30)
      ? random.one(['HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'POST', 'GET', 'TRACE', 'PROPFIND', 'LOCK', 'SEARCH'])
      : operation.method
    return { shot: { method, path, headers, body }, isOwn: credentials.isOwn }
  }

  private chooseOperation(): Operation {
    for (;;) {
      const operation = this.random.one(this.scene.contract.operations)
      if (neverSent.has(operation.operationId)) continue
      if (!rare.test(operation.path) || this.random.oneIn(oneIn)) return operation
    }
  }

  private credentials(): { headers: Record<string, string>; isOwn: boolean } {
    const { random, client, apiKey } = this
    const isAccount = this.own !== undefined
    if (isAccount && !random.oneIn(8))
      return random.oneIn(5)
        ? { headers: { 'x-api-key': apiKey }, isOwn: true }
        : { headers: { ...client.headers }, isOwn: true }
    if (random.oneIn(2)) return { headers: {}, isOwn: false }
    const wrong = [
      () => ({ authorization: `Bearer ${random.one(this.forged)}` }),
      () => ({ authorization: random.one(['Basic YTpi', 'Bearer', 'Bearer a.b.c', `Bearer ${'a'.repeat(9_000)}`]) }),
      () => ({ 'x-api-key': random.one(['vb_x', '$ne', 'a'.repeat(9_000), '{"$gt":""}']) }),
    ]
    return { headers: random.one(wrong)(), isOwn: false }
  }

  private address({ path, parameters }: Operation): string {
    return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const parameter = parameters.find((one) => one.in === 'path' && one.name === name)
      return this.segment(path, name, parameter)
    })
  }

  private segment(path: string, name: string, parameter: Parameter | undefined): string {
    const { random, scene } = this
    const place = { path } as Operation
    switch (random.below(10)) {
      case 0:
        return encoded(random.one(hostileTexts).slice(0, 5_000))
      case 1:
        return random.one(['%zz', '%', '%c3%28', '%00', '..%2f..%2fetc', '%2e%2e', 'a'.repeat(600), '*', ';x', ':'])
      case 2:
        return crypto.randomUUID()
      case 3:
      case 4:
        return encoded(scene.victim.idIn(place, name))
      default:
        if (name === 'session_id' && this.sessionId) return this.sessionId
        if (parameter?.schema.enum) return encoded(String(random.one(parameter.schema.enum)))
        return this.own ? encoded(this.own.idIn(place, name)) : crypto.randomUUID()
    }
  }

  private query({ parameters }: Operation): string {
    const { random, scene } = this
    const parts = parameters
      .filter((parameter) => parameter.in === 'query' && random.oneIn(2))
      .map(({ name, schema }) => `${name}=${this.word(scene.contract.schema(schema))}`)
    if (random.oneIn(30))
      parts.push(
        random.one(['__proto__[a]=1', 'limit[$gt]=', 'a=%zz', '&&==', 'limit=1&limit=2', `q=${'x'.repeat(9_000)}`]),
      )
    return parts.length > 0 ? `?${parts.join('&')}` : ''
  }

  private word(schema: Parameter['schema']): string {
    const { random, scene } = this
    if (random.oneIn(4)) return random.one([...wrongWords(schema), ''])
    if (random.oneIn(6)) return encoded(random.one(hostileTexts).slice(0, 3_000))
    return encoded(String(valid(scene.contract, schema, random, 'Hello')))
  }

  private body(operation: Operation): { body?: string | Buffer; type?: string } {
    const { random, scene, canary } = this
    const content = operation.requestBody?.content
    if (!content) return random.oneIn(40) ? { body: JSON.stringify(anything(random)), type: this.type() } : {}
    if (content['multipart/form-data']) return this.form()
    if (random.oneIn(12)) return { body: random.one(brokenBodies)(), type: this.type() }
    const good = this.withOwnIds(valid(scene.contract, scene.contract.bodyOf(operation)!, random, canary))
    const body = random.oneIn(2) ? good : spoiled(good, random)
    return { body: JSON.stringify(body), type: this.type() }
  }

  /** Names of sessions and chats in bodies are mostly the attacker's own. */
  private withOwnIds(body: unknown): unknown {
    if (typeof body !== 'object' || body === null || !('session_id' in body)) return body
    const { victim } = this.scene
    return { ...body, session_id: this.sessionId && !this.random.oneIn(5) ? this.sessionId : victim.ids.session_id }
  }

  private type(): string {
    const others = [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      '*/*',
      'a',
      '',
    ]
    return this.random.oneIn(25) ? this.random.one(others) : 'application/json'
  }

  private form(): { body: string; type: string } {
    const { random, canary } = this
    const name = random.oneIn(3)
      ? random
          .one(hostileTexts)
          .replaceAll(/[\r\n"]/g, '')
          .slice(0, 500)
      : 'notes.txt'
    const type = random.one(['text/plain', 'text/plain', 'text/html', 'application/x-sh', 'image/svg+xml', 'a', ''])
    const field = random.oneIn(6) ? random.one(['files', '', '__proto__']) : 'file'
    const part = `--x\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n${canary}\r\n`
    const whole = `${part.repeat(random.oneIn(8) ? 40 : 1)}--x--\r\n`
    const body = random.oneIn(10) ? whole.slice(0, random.below(whole.length)) : whole
    return { body, type: `multipart/form-data; boundary=${random.oneIn(15) ? 'y' : 'x'}` }
  }

  private oddHeaders(): Record<string, string> {
    const { random } = this
    if (!random.oneIn(4)) return {}
    const odd = [
      () => ({ 'idempotency-key': random.one(['', 'one', 'a b', 'x'.repeat(256), '\xff', crypto.randomUUID()]) }),
      () => ({ 'min-log-position': random.one(['1', '0', '-1', '1.5', 'x', '9'.repeat(15), '9'.repeat(30)]) }),
      () => ({ prefer: random.one(['respond-async', 'x', 'respond-async, x'.repeat(500)]) }),
      () => ({ accept: random.one(['text/event-stream', 'application/x-ndjson', 'text/html', '*/*;q=0', ',,,']) }),
      () => ({
        'last-event-id': random.one(['0', '-1', '9'.repeat(50), `${crypto.randomUUID()}:5`, 'x'.repeat(5_000)]),
      }),
      () => ({ 'x-request-id': random.one(['mine', 'a b', '"><script>', 'x'.repeat(2_000)]) }),
      () => ({ 'x-forwarded-for': random.one(['127.0.0.1', 'x', '1.1.1.1, '.repeat(500)]) }),
      () => ({ 'x-http-method-override': 'DELETE', 'x-original-url': '/ops/projections' }),
      () => ({ origin: random.one(['null', 'https://example.org', 'http://localhost:3000']) }),
      () => ({ cookie: `token=${random.one(this.forged)}` }),
      () => ({ 'content-encoding': random.one(['gzip', 'br', 'x']) }),
      () => ({ range: 'bytes=0-5', 'if-none-match': '*' }),
      () => ({ host: random.one(['example.org', '', 'a:b:c']) }),
      () => ({ expect: random.one(['100-continue', 'x', '200-ok']) }),
      () => ({ 'x-large': 'x'.repeat(random.one([4_000, 17_000])) }),
      () => ({ traceparent: random.one(['00-0-0-0', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`]) }),
    ]
    return random.one<() => Record<string, string>>(odd)()
  }
}

/** As it stands in an address; half of a surrogate pair has no encoding. */
const encoded = (text: string) => encodeURIComponent(text.toWellFormed())
