import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { type Mongod, startMongod } from '../../../src/embedded/index.js'

const NAME = 'rs0'
/** Also of a first election; on a busy machine that takes a few tries. */
const LONGEST_ELECTION_MS = 30_000

export interface ReplicaSet {
  /** All members: the driver finds the primary, and the next one. */
  readonly uri: string
  readonly members: readonly Member[]
  /** Waits for one. A member that is frozen is none, whatever it believes. */
  primary(): Promise<Member>
  /** At once: what the members have not written yet is lost. */
  stop(): Promise<void>
}

interface Options {
  /** Each member keeps its data in a folder of its own in here. */
  dir: string
  members?: number
  /** How long the others wait for a primary that says nothing. In production mongod waits ten seconds. */
  electionMs?: number
  /** One each. Free ones of the system's own choice unless told; those may be taken while a member is down. */
  ports?: readonly number[]
  /** More of mongod's own arguments, for every member. */
  extra?: readonly string[]
}

/** A real replica set of local mongods, for faults (three members) and benches (one or three). */
export async function startReplicaSet({
  dir,
  members: size = 3,
  electionMs = 2_000,
  ports = [],
  extra = [],
}: Options): Promise<ReplicaSet> {
  const launches = Array.from({ length: size }, (_, i) => Member.start(join(dir, `member-${i}`), extra, ports[i]))
  const members = await Promise.all(launches)
  await initiate(members, electionMs)
  await findPrimary(members)
  return {
    uri: `mongodb://${members.map(({ host }) => host).join()}/?replicaSet=${NAME}`,
    members,
    primary: () => findPrimary(members),
    stop: async () => {
      await Promise.all(members.map((member) => member.kill('SIGKILL')))
    },
  }
}

export class Member {
  private mongod: Mongod
  private running: boolean

  private constructor(
    mongod: Mongod,
    private readonly restartWith: (port: number) => Promise<Mongod>,
  ) {
    this.adopt(mongod)
  }

  static async start(dbPath: string, extra: readonly string[], port?: number): Promise<Member> {
    const launch = (port?: number) =>
      startMongod({ dbPath, port, replSet: NAME, extra: ['--oplogSize', '64', ...extra] })
    return new Member(await launch(port), launch)
  }

  get pid(): number {
    return this.mongod.pid
  }

  get port(): number {
    return this.mongod.port
  }

  get host(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Of this member alone. */
  get uri(): string {
    return this.mongod.uri
  }

  /** After a deadly signal it returns when the member is gone. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    this.mongod.kill(signal)
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await this.mongod.exit
  }

  /** On the port and with the data it had, after it was killed. */
  async restart(): Promise<void> {
    this.adopt(await this.restartWith(this.port))
  }

  private adopt(mongod: Mongod): void {
    this.mongod = mongod
    this.running = true
    void mongod.exit.then(() => (this.running = false))
  }

  async isPrimary(): Promise<boolean> {
    if (!this.running) return false
    return asked(this, async (client) => (await client.db('admin').command({ hello: 1 })).isWritablePrimary === true)
  }
}

async function initiate(members: readonly Member[], electionTimeoutMillis: number): Promise<void> {
  const config = {
    _id: NAME,
    members: members.map(({ host }, i) => ({ _id: i, host })),
    settings: { electionTimeoutMillis, heartbeatIntervalMillis: Math.min(electionTimeoutMillis / 4, 2_000) },
  }
  await asked(members[0]!, (client) => client.db('admin').command({ replSetInitiate: config }), 10_000)
}

async function findPrimary(members: readonly Member[]): Promise<Member> {
  const deadline = Date.now() + LONGEST_ELECTION_MS
  while (Date.now() < deadline) {
    const answers = await Promise.all(members.map((member) => member.isPrimary().catch(() => false)))
    const primary = members[answers.indexOf(true)]
    if (primary) return primary
    await pause(50)
  }
  throw new Error(`the replica set has no primary after ${LONGEST_ELECTION_MS} ms`)
}

/** On a connection of its own, so that a frozen member costs its own timeout only. */
async function asked<T>({ uri }: Member, question: (client: MongoClient) => Promise<T>, timeout = 500): Promise<T> {
  const limits = { serverSelectionTimeoutMS: timeout, connectTimeoutMS: timeout, socketTimeoutMS: timeout }
  const client = new MongoClient(uri, limits)
  try {
    return await question(client)
  } finally {
    await client.close()
  }
}
