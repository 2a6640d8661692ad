import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { AppendDocument } from '../../src/event-store/event.js'
import { digestOf } from '../../src/event-store/projecting/digest.js'
import type { Engine } from '../../src/event-store/engine.js'
import { VersionConflict } from '../../src/event-store/errors.js'
import { command, eventually, Place } from '../support/event-store/engines.js'
import { readModels } from '../support/event-store/notebooks.js'
import { expectOneOrderWithoutGaps } from '../support/event-store/one-order.js'
import { Proxy } from './proxy.js'
import type { Job, Report } from './victim.js'

type Acknowledged = Extract<Report, { acknowledged: string }>

/** A process that a fault will strike. */
export class Victim {
  readonly acknowledged: Acknowledged[] = []
  private readonly heard: Report[] = []
  readonly gone: Promise<void>

  constructor(private readonly process: ChildProcess) {
    process.on('message', (report: Report) => {
      this.heard.push(report)
      if ('acknowledged' in report) this.acknowledged.push(report)
    })
    this.gone = once(process, 'exit').then(() => {})
  }

  /** Commands that took their own first append for somebody else's. */
  falseConflicts(): Acknowledged[] {
    return this.acknowledged.filter(({ repeated, tries }) => repeated && tries === 1)
  }

  async ready(): Promise<void> {
    await this.says((report) => 'ready' in report)
  }

  go(): void {
    this.process.send('go')
  }

  async done(): Promise<void> {
    await this.says((report) => 'done' in report)
    await this.gone
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal)
  }

  private async says(wanted: (report: Report) => boolean): Promise<void> {
    await eventually(async () => {
      const failure = this.heard.find((report) => 'failed' in report)
      if (failure && 'failed' in failure) throw new Error(failure.failed)
      return this.heard.some(wanted)
    }, Boolean)
  }
}

/** A fresh database, an undisturbed process (this one) and victims behind a proxy each. */
export class Scene {
  readonly victims: Victim[] = []
  readonly proxies: Proxy[] = []
  private appended = 0

  private constructor(
    readonly place: Place,
    readonly bystander: Engine,
    private readonly mongodbUri: string,
  ) {}

  static async set(mongodbUri = process.env.VERBATIM_TEST_MONGODB_URI!): Promise<Scene> {
    const place = await Place.find(mongodbUri)
    const bystander = await place.engine({ projections: readModels, onError: () => {} })
    return new Scene(place, bystander, mongodbUri)
  }

  /** Starts a process whose MongoDB and Redis are reached through `mongo` and `redis`. */
  async victim(role: Job['role'], job: Partial<Job> = {}): Promise<Victim> {
    const full: Job = {
      role,
      mongodbUri: this.mongodbUri,
      redisUrl: process.env.VERBATIM_TEST_REDIS_URL!,
      database: this.place.db.databaseName,
      masterKey: Buffer.from(this.place.masters.current.key).toString('hex'),
      ...job,
    }
    const victim = new Victim(fork(join('build', 'test', 'fault', 'victim.js'), [JSON.stringify(full)]))
    this.victims.push(victim)
    await victim.ready()
    return victim
  }

  async behindProxy(): Promise<{ mongo: Proxy; redis: Proxy; addresses: Partial<Job> }> {
    const redisUrl = process.env.VERBATIM_TEST_REDIS_URL!
    const mongo = await Proxy.before(Number(new URL(this.mongodbUri).port), 'mongodb')
    const redis = await Proxy.before(Number(new URL(redisUrl).port), 'redis')
    this.proxies.push(mongo, redis)
    const addresses = {
      mongodbUri: `mongodb://127.0.0.1:${mongo.port}/?directConnection=true`,
      redisUrl: `redis://127.0.0.1:${redis.port}`,
    }
    return { mongo, redis, addresses }
  }

  /** Others can go on: one append of theirs, and how long it took. */
  async bystanderAppends(): Promise<number> {
    const started = performance.now()
    const noteId = `bystander-${this.appended}`
    const event = {
      type: 'NoteWritten',
      data: { notebookId: 'b', noteId, ownerId: 'user-bob' },
      personal: { text: 'Hi' },
    }
    const outcome = await this.bystander.store.append({
      stream: 'notebook-b',
      expected: this.appended,
      events: [event],
      meta: command(),
    })
    expect(outcome).not.toBeInstanceOf(VersionConflict)
    this.appended++
    return performance.now() - started
  }

  /** What the event store guarantees, whatever has happened. */
  async expectIntactLog(): Promise<AppendDocument[]> {
    const log = await expectOneOrderWithoutGaps(this.place.db)
    const commands = new Map(log.map((append) => [append.meta.commandId, append._id + append.n - 1]))
    expect(commands.size).toBe(log.length)
    for (const victim of this.victims) {
      for (const { acknowledged, position: told } of victim.acknowledged)
        expect([acknowledged, commands.get(acknowledged)]).toEqual([acknowledged, told])
    }
    return log
  }

  /** Every command of these writers is in the log, once, and the read models are right. */
  async expectAllOf(runs: Record<string, { writers: number; commands: number }>): Promise<void> {
    const log = await this.expectIntactLog()
    for (const [run, { writers, commands }] of Object.entries(runs)) {
      expect(log.filter(({ stream }) => stream.startsWith(`notebook-${run}-`))).toHaveLength(writers * commands)
    }
    await this.expectRightModels()
  }

  /** The live models are what an undisturbed rebuild of the same log makes. */
  async expectRightModels(): Promise<void> {
    this.bystander.start({ projector: true })
    await this.bystander.projections.waitUntilCurrent()
    const head = await this.bystander.store.head()
    await eventually(() => this.bystander.projections.waitUntilReached(head, undefined, 500), Boolean)
    for (const { _id, state } of await this.bystander.projections.leases()) expect([_id, state]).toEqual([_id, 'live'])
    const live = await Promise.all(readModels.map(({ name }) => digestOf(this.place.db, name)))
    const before = await this.documents()
    const rebuilt = await this.bystander.projections.rebuild(readModels.map(({ name }) => name))
    // Where they differ, the documents say more than their digest.
    if (rebuilt.some(({ digest }, i) => digest !== live[i])) expect(await this.documents()).toEqual(before)
    expect(rebuilt.map(({ digest }) => digest)).toEqual(live)
    const collections = await this.place.db.listCollections({}, { nameOnly: true }).toArray()
    expect(collections.filter(({ name }) => name.includes('~'))).toEqual([])
  }

  private documents() {
    return Promise.all(readModels.map(({ name }) => this.place.db.collection(name).find().sort({ _id: 1 }).toArray()))
  }

  async clear(): Promise<void> {
    for (const victim of this.victims) victim.signal('SIGKILL')
    await Promise.all(this.victims.map(({ gone }) => gone))
    await Promise.all(this.proxies.map((proxy) => proxy.close()))
    await this.place.leave()
  }
}
