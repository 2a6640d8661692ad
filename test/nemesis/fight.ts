import { setTimeout as pause } from 'node:timers/promises'
import { Database } from '../support/ops/database.js'
import { Balancer } from '../support/realtime/balancer.js'
import { tokenOf } from '../support/realtime/chatter.js'
import { Follower } from '../support/realtime/follower.js'
import { Client } from '../support/world.js'
import { checkEverything } from './checks/everything.js'
import { Deployment } from './deployment/deployment.js'
import type { FaultKind } from './faults/fault-kind.js'
import { Operator } from './faults/operator.js'
import { recovery } from './faults/recovery.js'
import { schedule } from './faults/schedule.js'
import { printReport, Recoveries, say } from './report.js'
import { Journal } from './workload/journal.js'
import { live } from './workload/life.js'
import { must, PatientClient } from './workload/patient-client.js'
import { Person, type Town } from './workload/person.js'
import { register } from './workload/registration.js'

interface Fight {
  seed: number
  minutes: number
  kinds: readonly FaultKind[]
}

const people = 8

/** Faults strike a deployment while people use it; then everything is mended and checked. True: everything held. */
export async function fight({ seed, minutes, kinds }: Fight): Promise<boolean> {
  console.log(`npm test -- --nemesis --seed ${seed} --minutes ${minutes}`)
  const journal = new Journal()
  const recoveries = new Recoveries(kinds)
  const deployment = await Deployment.start()
  const database = await Database.of(deployment.direct)
  database.redis.on('error', () => {}) // it is killed, too
  const balancer = await Balancer.before(...deployment.apiUrls)
  const urls = deployment.apiUrls
  const stranger = () => new PatientClient(new Client(urls[0]!), urls, journal)
  try {
    const admin = await register(stranger())
    await database.grant(admin.client.id, 'admin')
    const operator = new Operator(admin)
    const town = await populate({ seed, journal, people: [], stranger, isOver: false }, balancer)
    const checkpoints = new Set<string>()
    const lives = [...town.people.map(live), keepCheckpoints(town, checkpoints)]
    const prober = await register(stranger())
    const until = performance.now() + minutes * 60_000
    for (const next of schedule(seed, kinds)) {
      await pause(next.calmMs)
      if (performance.now() > until) break
      const { kind, lastsMs } = next
      say(`${kind.name}${lastsMs > 0 ? ` for ${(lastsMs / 1000).toFixed(1)} s` : ''}`)
      const recovered = (since: number) => recovery(prober.client, urls, since)
      const mend = await kind.strike({ deployment, operator, draw: next.draw })
      const early = kind.recoversFrom === 'start' ? recovered(performance.now()) : undefined
      await pause(lastsMs)
      await mend?.()
      const seen = await (early ?? recovered(performance.now()))
      recoveries.add(kind.name, seen)
      if (seen) say(`  answered after ${seen.firstMs.toFixed(0)} ms, by each process after ${seen.allMs.toFixed(0)} ms`)
      else journal.violation('prompts are answered again after a fault', kind.name)
    }
    say('the faults are over')
    town.isOver = true
    await Promise.all(lives)
    await checkEverything({ deployment, database, operator, town, checkpoints })
    for (const { follower } of town.people) follower.close()
  } finally {
    printReport(journal, recoveries)
    const hasFailed = journal.violations.size > 0
    if (hasFailed) console.log(`\nWhat the processes have printed is in ${await deployment.keepOutputs()}`)
    await balancer.close()
    await database.close()
    await deployment.end({ keeping: hasFailed })
  }
  return journal.violations.size === 0
}

async function populate(town: Town, balancer: Balancer): Promise<Town> {
  for (let number = 0; number < people; number++) {
    const client = await register(town.stranger())
    const chat = await client.command('POST', '/api/chats', { title: 'Kept' }, `chat-${number}`)
    must(chat, 201)
    const { id } = chat.body.data.chat
    const follower = new Follower(balancer.url, tokenOf(client.client), [id])
    town.people.push(new Person(number, client, town, id, follower))
  }
  return town
}

/** As somebody does who does not trust the database: elsewhere, now and then. */
async function keepCheckpoints(town: Town, kept: Set<string>): Promise<void> {
  for (const reader = town.stranger(); !town.isOver; await pause(2_000)) {
    const { status, body } = await reader.get('/checkpoint')
    if (status === 200) kept.add(body as string)
  }
}
