import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { noteSigner } from '../src/proof/note.js'
import { Shutdown } from '../src/service/shutdown.js'
import { Inside } from '../test/api/inside.js'
import { Archive, origin } from './audit/archive.js'
import { type Answers, ask, type Latency } from './audit/questions.js'
import { Deployment } from './chat/deployment.js'
import { describeMachine } from './store/machine.js'
import { startServers } from './store/servers.js'
import { fine, table, times, whole } from './store/table.js'

/**
 * A log of a million events: how fast it is verified, next to a plain scan; how soon a chat as it was at some time, and
 * a receipt, are there over HTTP, next to a plain find.
 *
 *   npm run bench -- audit [--quick] [--json <file>]
 */
const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
})
const extent = options.quick ? { events: 20_000, questions: 50 } : { events: 1_000_000, questions: 300 }
const rounds = 3

const say = (line: string) => console.error(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${line}`)
const shutdown = new Shutdown(say)
shutdown.listenToSignals()

try {
  const servers = await startServers(shutdown)
  const machine = await describeMachine(servers)
  const found = await servers.within(async (place) => {
    const [master, seed] = [randomBytes(32), randomBytes(32)]
    const folder = join(servers.dir, 'service')
    await mkdir(folder)
    const deployment = new Deployment(place, master, folder, {
      NOTARY_ORIGIN: origin,
      NOTARY_KEY: seed.toString('hex'),
    })
    shutdown.addStep(() => deployment.stop())
    const account = await deployment.account()
    const inside = await Inside.of({
      mongodbUri: deployment.mongodbUri,
      environment: { REDIS_URL: place.redisUrl, MASTER_KEY: master.toString('hex') },
    })
    await inside.grant(account.id, 'auditor')
    await inside.close()
    await deployment.stop()
    const archive = await Archive.open(place, master)
    try {
      const written = await archive.fill(extent.events, account.id, say)
      const signed = await archive.sign(seed)
      say(`written at ${whole(written)}, signed at ${whole(signed)} events/s`)
      const auditor = account.at(await deployment.start({ ROLES: 'api' }))
      const answers: Answers[] = []
      for (let round = 1; round <= rounds; round++) {
        answers.push(await ask(archive, auditor, noteSigner(origin, seed).verifierKey, extent.questions))
        say(`round ${round} of ${rounds}`)
      }
      await deployment.stop()
      return { written, signed, answers }
    } finally {
      await archive.close()
    }
  })
  if (options.json) await writeFile(options.json, JSON.stringify({ machine, ...found }, null, 2))
  console.log(
    `\n${report(found)}\n\n${Object.entries(machine)
      .map(([name, value]) => `${name.padEnd(9)} ${value}`)
      .join('\n')}\n`,
  )
  await shutdown.begin(0)
} catch (error) {
  if (!shutdown.hasBegun) console.error(error)
  await shutdown.begin(1)
}

function report({
  written,
  signed,
  answers,
}: {
  written: number
  signed: number
  answers: readonly Answers[]
}): string {
  const middle = (pick: (round: Answers) => number) => answers.map(pick).toSorted((a, b) => a - b)[answers.length >> 1]!
  const rates = [
    [`${whole(extent.events)} events`, 'events/s', 'to the scan', 'by round'],
    [
      'verified',
      whole(middle((a) => a.verified)),
      times(middle((a) => a.verified / a.scanned)),
      answers.map((a) => whole(a.verified)).join(', '),
    ],
    ['raw scan', whole(middle((a) => a.scanned)), '', answers.map((a) => whole(a.scanned)).join(', ')],
    ['signed', whole(signed), '', ''],
    ['written', whole(written), '', ''],
  ]
  const row = (name: string, pick: (round: Answers) => Latency, raw: (round: Answers) => Latency) => [
    name,
    fine(middle((a) => pick(a).p50)),
    fine(middle((a) => pick(a).p99)),
    fine(middle((a) => raw(a).p50)),
    times(middle((a) => pick(a).p50 / raw(a).p50)),
    answers.map((a) => fine(pick(a).p99)).join(', '),
  ]
  const latencies = [
    ['over HTTP', 'p50 ms', 'p99 ms', 'raw find p50', 'to the find', 'p99 by round'],
    row(
      'a chat as it was at some time',
      (a) => a.chat,
      (a) => a.findChat,
    ),
    row(
      'a receipt',
      (a) => a.receipt,
      (a) => a.findEvent,
    ),
  ]
  return `${table(rates)}\n\n${table(latencies)}`
}
