import { Binary, MongoClient } from 'mongodb'
import type { AppendDocument } from '../../../src/event-store/event.js'
import { Database } from '../ops/database.js'
import type { Answered, Client, World } from '../world.js'
import { storedAppends } from '../event-store/stored-appends.js'

/** An event as the log's database has it. */
export interface Stored {
  position: number
  stream: string
  version: number
  type: string
  at: Date
  meta: AppendDocument['meta']
  data: unknown
  commitment?: Binary
  personal?: Binary
}

/** Somebody with the role, and the database next to it to compare with. */
export class Auditor {
  private constructor(
    readonly client: Client,
    readonly database: Database,
    private readonly mongo: MongoClient,
  ) {}

  static async of(world: World, url: string): Promise<Auditor> {
    const client = await world.account(url)
    const database = await Database.of(world)
    await database.grant(client.id, 'auditor')
    return new Auditor(client, database, await MongoClient.connect(world.mongodbUri))
  }

  get id(): string {
    return this.client.id
  }

  get db() {
    return this.mongo.db()
  }

  get(path: string): Promise<Answered> {
    return this.client.get(path)
  }

  /** What must be there. */
  async read(path: string): Promise<Answered['body']> {
    const { status, body } = await this.get(path)
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`)
    return body
  }

  /** All pages of it, one after the other. */
  async pages(path: string): Promise<Answered['body'][]> {
    const pages = [await this.read(path)]
    while (pages.at(-1).nextCursor !== undefined) {
      pages.push(await this.read(`${path}${path.includes('?') ? '&' : '?'}cursor=${pages.at(-1).nextCursor}`))
    }
    return pages
  }

  async lines(path: string, by = this.client): Promise<Answered['body'][]> {
    const response = await by.with({ accept: 'application/x-ndjson' }).fetch('GET', path)
    const text = await response.text()
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`)
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8')
    return linesOf(text)
  }

  /** The log itself. */
  async log(): Promise<Stored[]> {
    const appends = await storedAppends(this.db)
    return appends.flatMap(({ _id, stream, version, at, meta, events }) =>
      events.map((event, i) => ({ ...event, position: _id + i, stream, version: version + i, at, meta })),
    )
  }

  /** What has been recorded of this reader. */
  async evidence(by = this.id): Promise<Stored[]> {
    return (await this.log()).filter(({ stream, type }) => stream === `audit-${by}` && type === 'AuditRead')
  }

  async close(): Promise<void> {
    await this.database.close()
    await this.mongo.close()
  }
}

/** Of an NDJSON text. The last line ends, too. */
export function linesOf(text: string): Answered['body'][] {
  expect(text === '' || text.endsWith('\n')).toBe(true)
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}
