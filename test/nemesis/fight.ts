import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { Balancer } from '../support/realtime/balancer.js'
import { Follower } from '../support/realtime/follower.js'
import { tokenOf } from '../support/realtime/chatter.js'
import { Database } from '../support/ops/database.js'
import { Client } from '../support/world.js'
import { checkErasures } from './checks/erasures.js'
import { checkOrder, checkReplies } from './checks/log.js'
import { checkModels } from './checks/models.js'
import { checkProcesses } from './checks/processes.js'
import { checkProof } from './checks/proof.js'
import { comeToRest } from './checks/rest.js'
import { checkSockets } from './checks/sockets.js'
import { Deployment } from './deployment/deployment.js'
import type { FaultKind } from './faults/kinds.js'
import { Operator } from './faults/operator.js'
import { recovery } from './faults/recovery.js'
import { schedule } from './faults/schedule.js'
import { printReport, Recoveries } from './report.js'
import { Journal } from './workload/journal.js'
import { must, PatientClient } from './workload/patient-client.js'
import { Person, type Town } from './workload/person.js'
import { register } from './workload/registration.js'

export interface Fight {
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
  const stranger = () => new PatientClient(new Client(deployment.apiUrls[0]!), deployment.apiUrls, journal)
  const admin = await register(stranger())
  await database.grant(admin.client.id, 'admin')
  const operator = new Operator(admin)
  const balancer = await Balancer.before(...deployment.apiUrls)
  try {
    const town = await populate({ seed, journal, people: [], stranger, isOver: false }, balancer)
    const lives = town.people.map((person) => person.live())
    const checkpoints = new Set<string>()
    const keeping = keepCheckpoints(town, stranger(), checkpoints)
    const prober = await register(stranger())
    const until = performance.now() + minutes * 60_000
    for (const { kind, calmMs, lastsMs, draw } of schedule(seed, kinds)) {
      await pause(calmMs)
      if (performance.now() > until) break
      say(`${kind.name}${lastsMs > 0 ? ` for ${(lastsMs / 1000).toFixed(1)} s` : ''}`)
      const struck = performance.now()
      const mend = await kind.strike({ deployment, operator, draw })
      const recovered = (since: number) => recovery(prober.client, deployment.apiUrls, since)
      const early = kind.recoversFrom === 'start' ? recovered(struck) : undefined
      await pause(lastsMs)
      await mend?.()
      const seen = await (early ?? recovered(performance.now()))
      recoveries.add(kind.name, seen)
      if (seen) say(`  answered after ${seen.firstMs.toFixed(0)} ms, by each process after ${seen.allMs.toFixed(0)} ms`)
      else journal.violation('prompts are answered again after a fault', kind.name)
    }
    town.isOver = true
    say('the faults are over')
    await Promise.all([...lives, keeping])
    await comeToRest(database, operator, journal)
    say('everything is at rest')
    const client = await MongoClient.connect(deployment.direct.mongodbUri)
    journal.count('events in the log', await checkOrder(client.db(), journal))
    await client.close()
    await checkReplies(database, journal)
    await checkSockets(database, town.people, journal)
    await checkErasures(database, journal)
    await checkProof(deployment, checkpoints, town.people, stranger(), journal)
    await checkModels(database, operator, journal)
    checkProcesses(deployment, journal)
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
    const person = new Person(number, client, town, id, follower)
    town.people.push(person)
  }
  return town
}

/** As somebody does who does not trust the database: elsewhere, now and then. */
async function keepCheckpoints(town: Town, reader: PatientClient, kept: Set<string>): Promise<void> {
  for (; !town.isOver; await pause(2_000)) {
    const { status, body } = await reader.get('/checkpoint')
    if (status === 200) kept.add(body as string)
  }
}

const began = performance.now()
const say = (line: string) => console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}`)
