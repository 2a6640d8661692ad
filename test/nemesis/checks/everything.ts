import { MongoClient } from 'mongodb'
import type { Database } from '../../support/ops/database.js'
import type { Deployment } from '../deployment/deployment.js'
import type { Operator } from '../faults/operator.js'
import { say } from '../report.js'
import type { Town } from '../workload/person.js'
import { checkErasures } from './erasures.js'
import { checkOrder, checkReplies } from './log.js'
import { checkModels } from './models.js'
import { checkProcesses } from './processes.js'
import { checkProof } from './proof.js'
import { comeToRest } from './rest.js'
import { checkSockets } from './sockets.js'

interface Remains {
  deployment: Deployment
  database: Database
  operator: Operator
  town: Town
  checkpoints: ReadonlySet<string>
}

/** When nobody sends anything any more: what must hold whatever has happened. Violations go into the journal. */
export async function checkEverything(all: Remains): Promise<void> {
  const { deployment, database, operator, town, checkpoints } = all
  const { journal, people } = town
  await comeToRest(database, operator, journal)
  say('everything is at rest')
  const client = await MongoClient.connect(deployment.direct.mongodbUri)
  journal.count('events in the log', await checkOrder(client.db(), journal))
  await client.close()
  await checkReplies(database, journal)
  await checkSockets(database, people, journal)
  await checkErasures(database, journal)
  await checkProof(deployment, checkpoints, people, town.stranger(), journal)
  await checkModels(database, operator, journal)
  checkProcesses(deployment, journal)
}
