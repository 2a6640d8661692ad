import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Deployment } from '../deployment/deployment.js'
import { started } from '../../support/ops/command-line.js'
import type { PatientClient } from '../workload/patient-client.js'
import type { Journal } from '../workload/journal.js'
import { verifyReceiptOf } from '../workload/receipts.js'
import type { Person } from '../workload/person.js'

const receiptsEach = 5

/** The whole log, against every checkpoint that was kept during the run; and some receipts of each person. */
export async function checkProof(
  deployment: Deployment,
  checkpoints: ReadonlySet<string>,
  people: readonly Person[],
  stranger: PatientClient,
  journal: Journal,
): Promise<void> {
  const files: string[] = []
  for (const [i, checkpoint] of [...checkpoints].entries()) {
    files.push(join(deployment.folder, `checkpoint-${i}.txt`))
    await writeFile(files.at(-1)!, checkpoint)
  }
  const key = join(deployment.folder, 'notary.pub')
  await writeFile(key, (await stranger.get('/notary-key')).body as string)
  const { mongodbUri, environment } = deployment.direct
  const place = { folder: deployment.folder, environment: { ...environment, MONGODB_URI: mongodbUri } }
  const { code, output, errors } = await started(place, 'audit', 'verify', '--key', key, '--checkpoint', files.join())
  if (code !== 0) journal.violation('the log is what was signed', `${output}\n${errors}`)
  journal.count('checkpoints kept and verified', files.length)
  for (const { client, provable } of people)
    for (const prompt of provable.slice(-receiptsEach)) await verifyReceiptOf(client, prompt, journal)
}
