import type { Operator } from '../faults/operator.js'
import type { Database } from '../../support/ops/database.js'
import type { Journal } from '../workload/journal.js'

/** Every read model has the digest of a fresh rebuild of the same log. */
export async function checkModels(database: Database, operator: Operator, journal: Journal): Promise<void> {
  for (const { name } of await operator.models()) {
    const live = await database.digestOf(name)
    const { digest } = await operator.rebuild(name)
    if (digest !== live) journal.violation('a read model equals a fresh rebuild', `${name}: ${live}, rebuilt ${digest}`)
    journal.count('read models equal to a rebuild')
  }
}
