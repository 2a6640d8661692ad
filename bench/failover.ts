import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { pause } from '../src/event-store/timing.js'
import type { Shutdown } from '../src/service/shutdown.js'
import { type ReplicaSet, startReplicaSet } from '../test/support/engines/replica-set.js'
import { connect, type Db } from './runner/drivers.js'
import { benchOptions, reportProgress, runBench } from './runner/run-bench.js'
import type { Servers } from './runner/servers.js'
import { median } from './runner/statistics.js'
import { decimal, table } from './runner/table.js'
import { type OpenChat, Verbatim } from './traffic/backends.js'
import { Program } from './traffic/program.js'
import { Silence } from './traffic/silence.js'
import { warmUp } from './traffic/warm-up.js'

/**
 * How long nobody gets an answer when the primary of a replica set is lost, beside the time that the members need to
 * elect another one.
 *
 *   npm run bench -- failover [--quick] [--json <file>]
 */
const { quick, json } = parseArgs({ options: benchOptions }).values
const rounds = quick ? 1 : 3
const faults = { killed: 'SIGKILL', frozen: 'SIGSTOP' } as const
type Fault = keyof typeof faults

/** In milliseconds, all but `nextWrites` from the fault. */
interface Outage {
  readonly fault: Fault
  /** Until a member says that it is the primary. */
  readonly election: number
  /** Until it has acknowledged a write of ours, on the disks of a majority. */
  readonly write: number
  /** How long each further write of ours took, one after the other, until prompts were answered. A prompt takes two. */
  readonly nextWrites: number
  readonly prompts: number
  readonly pages: number
}

await runBench<Outage[]>({ json, measure, toJson: (outages) => ({ outages }), report })

async function measure(servers: Servers, shutdown: Shutdown): Promise<Outage[]> {
  const set = await startReplicaSet({ dir: join(servers.dir, 'failover'), electionMs: 10_000 })
  shutdown.addStep(() => set.stop())
  const model = new Program(resolve('build/bench/traffic/model-server.js'))
  shutdown.addStep(() => model.stop())
  return await servers.withDatabase(async (database) => {
    const verbatim = new Verbatim({ ...database, mongoUri: set.uri }, servers.dir, await model.url())
    shutdown.addStep(() => verbatim.stop())
    await verbatim.start()
    await warmUp(verbatim, 2_000)
    const chats = await verbatim.makeChats(8)
    const outages: Outage[] = []
    for (let round = 1; round <= rounds; round++) {
      for (const fault of Object.keys(faults) as Fault[]) {
        outages.push(await outageAfter(fault, { set, verbatim, chats }))
        reportProgress(`round ${round} of ${rounds}, primary ${fault}: ${JSON.stringify(outages.at(-1))}`)
      }
    }
    return outages
  })
}

async function outageAfter(
  fault: Fault,
  { set, verbatim, chats }: { set: ReplicaSet; verbatim: Verbatim; chats: OpenChat[] },
): Promise<Outage> {
  const primary = await set.primary()
  const others = set.members.filter((member) => member !== primary)
  const stopping = new AbortController()
  const prompts = new Silence()
  const pages = new Silence()
  const callers = chats.flatMap((chat) => [
    prompts.watch((key) => verbatim.sendOnce(chat, 'Still there?', key), stopping.signal),
    pages.watch(() => verbatim.pageOfMessages(chat), stopping.signal),
  ])
  const clients = await Promise.all(others.map(({ uri }) => connect(uri))) // now: connecting is not the election's
  await pause(1_000)
  const began = performance.now()
  await primary.kill(faults[fault])
  const { elected, written, probes } = await electionOf(clients)
  const [election, write] = [elected - began, written - began]
  const answered = Promise.all([prompts, pages].map((silence) => silence.untilAnsweredAfter(written)))
  const nextWrites = await medianOfWrites(probes, answered)
  stopping.abort()
  await Promise.all([...callers, ...clients.map((client) => client.close())])
  if (fault === 'killed') await primary.restart()
  else await primary.kill('SIGCONT')
  await set.primary()
  await pause(5_000) // it catches up
  return { fault, election, write, nextWrites, prompts: prompts.longestAfter(began), pages: pages.longestAfter(began) }
}

/** What the members do for a driver that writes one document at a time, on the disks of a majority. */
async function electionOf(clients: readonly { db(name: string): Db }[]) {
  for (;;) {
    const answers = await Promise.all(clients.map((client) => client.db('admin').command({ hello: 1 })))
    const primary = clients[answers.findIndex(({ isWritablePrimary }) => isWritablePrimary === true)]
    if (primary) {
      const elected = performance.now()
      const probes = primary.db('election').collection('probes')
      await probes.insertOne({})
      return { elected, written: performance.now(), probes }
    }
    await pause(20)
  }
}

async function medianOfWrites(probes: ReturnType<Db['collection']>, end: Promise<unknown>): Promise<number> {
  const took: number[] = []
  let hasEnded = false
  void end.then(() => (hasEnded = true))
  while (!hasEnded) {
    const began = performance.now()
    await probes.insertOne({})
    took.push(performance.now() - began)
  }
  return median(took)
}

function report(outages: readonly Outage[]): string {
  const rows = (Object.keys(faults) as Fault[]).map((fault) => {
    const of = (pick: (outage: Outage) => number) =>
      median(outages.filter((outage) => outage.fault === fault).map(pick)) / 1000
    const beyond = (pick: (outage: Outage) => number) => decimal(of((outage) => pick(outage) - outage.election))
    return [
      `primary ${fault}`,
      decimal(of(({ election }) => election)),
      beyond(({ write }) => write),
      decimal(of(({ nextWrites }) => nextWrites)),
      beyond(({ prompts }) => prompts),
      beyond(({ pages }) => pages),
      '≤ 2.0',
    ]
  })
  return table([
    ['seconds', 'election', 'and then: a write', 'each further write', 'a prompt', 'a page', 'bar'],
    ...rows,
  ])
}
