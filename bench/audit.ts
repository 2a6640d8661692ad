import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { noteSigner } from '../src/proof/note.js'
import { Database } from '../test/support/ops/database.js'
import { LargeLog, origin } from './audit/large-log.js'
import { type AuditMeasurements, measureAudit } from './audit/measure-audit.js'
import { Deployment } from './runner/deployment.js'
import { benchOptions, reportProgress, runBench } from './runner/run-bench.js'
import { type Latency, median } from './runner/statistics.js'
import { decimal, integer, ratio, table } from './runner/table.js'

/**
 * Audits of a log of a million events: how fast it is verified, compared with a plain scan; how long a chat as it was
 * at some time, and a receipt, take over HTTP, compared with a plain find.
 *
 *   npm run bench -- audit [--quick] [--json <file>]
 */
const { quick, json } = parseArgs({ options: benchOptions }).values
const extent = quick ? { events: 20_000, requests: 50 } : { events: 1_000_000, requests: 300 }
const rounds = 3

interface Results {
  written: number
  signed: number
  answers: AuditMeasurements[]
}

await runBench<Results>({
  json,
  report,
  toJson: (results) => results,
  measure: (servers, shutdown) =>
    servers.withDatabase(async (database) => {
      const [master, seed] = [randomBytes(32), randomBytes(32)]
      const folder = join(servers.dir, 'service')
      await mkdir(folder)
      const notary = { NOTARY_ORIGIN: origin, NOTARY_KEY: seed.toString('hex') }
      const deployment = new Deployment(database, master, folder, notary)
      shutdown.addStep(() => deployment.stop())
      const account = await deployment.account()
      const inside = await Database.of({
        mongodbUri: deployment.mongodbUri,
        environment: { REDIS_URL: database.redisUrl, MASTER_KEY: master.toString('hex') },
      })
      await inside.grant(account.id, 'auditor')
      await inside.close()
      await deployment.stop()
      const log = await LargeLog.open(database, master)
      try {
        const written = await log.fill(extent.events, [account.id], reportProgress)
        const signed = await log.sign(seed)
        reportProgress(`written at ${integer(written)}, signed at ${integer(signed)} events/s`)
        const auditor = account.at(await deployment.start({ ROLES: 'api' }))
        const answers: AuditMeasurements[] = []
        for (let round = 1; round <= rounds; round++) {
          answers.push(await measureAudit(log, auditor, noteSigner(origin, seed).verifierKey, extent.requests))
          reportProgress(`round ${round} of ${rounds}`)
        }
        await deployment.stop()
        return { written, signed, answers }
      } finally {
        await log.close()
      }
    }),
})

function report({ written, signed, answers }: Results): string {
  const medianOf = (pick: (round: AuditMeasurements) => number) => median(answers.map(pick))
  const rates = [
    [`${integer(extent.events)} events`, 'events/s', 'to the scan', 'by round'],
    [
      'verified',
      integer(medianOf((a) => a.verified)),
      ratio(medianOf((a) => a.verified / a.scanned)),
      answers.map((a) => integer(a.verified)).join(', '),
    ],
    ['raw scan', integer(medianOf((a) => a.scanned)), '', answers.map((a) => integer(a.scanned)).join(', ')],
    ['signed', integer(signed), '', ''],
    ['written', integer(written), '', ''],
  ]
  const row = (
    name: string,
    pick: (round: AuditMeasurements) => Latency,
    raw: (round: AuditMeasurements) => Latency,
  ) => [
    name,
    decimal(medianOf((a) => pick(a).p50)),
    decimal(medianOf((a) => pick(a).p99)),
    decimal(medianOf((a) => raw(a).p50)),
    ratio(medianOf((a) => pick(a).p50 / raw(a).p50)),
    answers.map((a) => decimal(pick(a).p99)).join(', '),
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
