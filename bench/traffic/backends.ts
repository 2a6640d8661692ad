import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { origin } from '../audit/large-log.js'
import { Deployment } from '../runner/deployment.js'
import type { BenchDatabase } from '../runner/servers.js'
import { Caller } from './caller.js'
import { Program } from './program.js'

/** A chat of one of the accounts. */
export interface OpenChat {
  readonly caller: Caller
  readonly accountId: string
  readonly id: string
}

/** A chat backend that is measured. It runs only while it is measured: even an idle one costs something. */
export interface Backend {
  readonly name: string
  start(): Promise<void>
  stop(): Promise<void>
  readonly pid: number
  /** Chats of `accounts` accounts. */
  makeChats(count: number): Promise<OpenChat[]>
  send(chat: OpenChat, text: string): Promise<unknown>
  pageOfMessages(chat: OpenChat): Promise<unknown>
  listOfChats(chat: OpenChat): Promise<unknown>
}

const accountCount = 16
const jwtSecret = 'a secret of the bench that is long enough for everybody'

abstract class Accounts {
  private accounts: { id: string; caller: Caller }[] = []
  private made = 0
  protected caller!: Caller

  protected abstract register(email: string): Promise<{ id: string; token: string }>
  protected abstract makeChat(caller: Caller): Promise<string>

  async makeChats(count: number): Promise<OpenChat[]> {
    if (this.accounts.length === 0) {
      for (let i = 0; i < accountCount; i++) {
        const { id, token } = await this.register(`person-${this.made++}-${randomBytes(4).toString('hex')}@example.org`)
        this.accounts.push({ id, caller: this.caller.as(token) })
      }
    }
    const chats: OpenChat[] = []
    for (let i = 0; i < count; i++) {
      const { id: accountId, caller } = this.accounts[i % accountCount]!
      chats.push({ caller, accountId, id: await this.makeChat(caller) })
    }
    return chats
  }

  /** A process that was started again has another address, and gets accounts of its own. */
  protected useAddress(url: string): void {
    this.caller = new Caller(url)
    this.accounts = []
  }
}

export interface ServiceKeys {
  readonly master: Buffer
  readonly notary: Buffer
}

export class Verbatim extends Accounts implements Backend {
  readonly name = 'Verbatim'
  private readonly deployment: Deployment

  constructor(
    database: BenchDatabase,
    folder: string,
    modelUrl: string,
    { master, notary }: ServiceKeys = { master: randomBytes(32), notary: randomBytes(32) },
  ) {
    super()
    this.deployment = new Deployment(database, master, folder, {
      JWT_SECRET: jwtSecret,
      NOTARY_KEY: notary.toString('hex'),
      NOTARY_ORIGIN: origin,
      OPENAI_BASE_URL: modelUrl,
      OPENAI_API_KEY: 'x',
      DEFAULT_MODEL: 'openai/gpt-4o-mini',
    })
  }

  async start(): Promise<void> {
    this.useAddress(await this.deployment.start())
  }

  stop(): Promise<void> {
    return this.deployment.stop()
  }

  get pid(): number {
    return this.deployment.pid
  }

  protected async register(email: string): Promise<{ id: string; token: string }> {
    const body = { email, password: 'a long secret' }
    const { data } = await this.caller.json<Registered>('POST', '/api/auth/register', body)
    return { id: data.user.id, token: data.token }
  }

  protected async makeChat(caller: Caller): Promise<string> {
    const { data } = await caller.json<{ data: { chat?: { id: string }; id?: string } }>('POST', '/api/chats', {
      title: 'A chat',
    })
    return (data.chat?.id ?? data.id)!
  }

  send({ caller, id }: OpenChat, text: string): Promise<unknown> {
    return caller.json('POST', `/chat/${id}/send`, { text })
  }

  /** As often as this is repeated with the same key, it is one prompt. */
  sendOnce({ caller, id }: OpenChat, text: string, key: string): Promise<unknown> {
    return caller.json('POST', `/chat/${id}/send`, { text }, { 'idempotency-key': key })
  }

  /** Reads an answer along: how long its first word was under way, and the prompt until its end. */
  async readAlong({ caller, id }: OpenChat, text: string): Promise<{ firstMs: number; wholeMs: number }> {
    const began = performance.now()
    const response = await caller.open('POST', `/chat/${id}/send`, { text }, { accept: 'text/event-stream' })
    let events = ''
    let firstMs: number | undefined
    for await (const chunk of response.setEncoding('utf8')) {
      events += String(chunk)
      const sentAt = firstMs === undefined && /^data: \{"text":"(\d+)/m.exec(events)?.[1]
      if (sentAt) firstMs = Number(process.hrtime.bigint() - BigInt(sentAt)) / 1e6
    }
    if (firstMs === undefined || !events.includes('event: done')) throw new Error(`no whole answer: ${events}`)
    return { firstMs, wholeMs: performance.now() - began }
  }

  pageOfMessages({ caller, id }: OpenChat): Promise<unknown> {
    return caller.json('GET', `/chat/${id}/messages?limit=50`)
  }

  listOfChats({ caller, accountId }: OpenChat): Promise<unknown> {
    return caller.json('GET', `/user/${accountId}/list-chats?limit=50`)
  }
}

interface Registered {
  data: { user: { id: string }; token: string }
}

/** See bench/peers/crud. */
export class Crud extends Accounts implements Backend {
  readonly name = 'CRUD'
  private program: Program | undefined

  constructor(
    private readonly database: BenchDatabase,
    private readonly modelUrl: string,
  ) {
    super()
  }

  async start(): Promise<void> {
    const uri = new URL(this.database.mongoUri)
    uri.pathname = `/${this.database.database}_crud`
    this.program = new Program(resolve('bench/peers/crud/server.mjs'), {
      MONGODB_URI: uri.toString(),
      OPENAI_BASE_URL: this.modelUrl,
      JWT_SECRET: jwtSecret,
    })
    this.useAddress(await this.program.url())
  }

  async stop(): Promise<void> {
    await this.program?.stop()
  }

  get pid(): number {
    return this.program!.pid
  }

  protected register(email: string): Promise<{ id: string; token: string }> {
    return this.caller.json('POST', '/register', { email })
  }

  protected async makeChat(caller: Caller): Promise<string> {
    return (await caller.json<{ id: string }>('POST', '/sessions', { title: 'A chat' })).id
  }

  send({ caller, id }: OpenChat, text: string): Promise<unknown> {
    return caller.json('POST', `/sessions/${id}/send`, { text })
  }

  pageOfMessages({ caller, id }: OpenChat): Promise<unknown> {
    return caller.json('GET', `/sessions/${id}/messages?limit=50`)
  }

  listOfChats({ caller }: OpenChat): Promise<unknown> {
    return caller.json('GET', '/sessions?limit=50')
  }
}
