import type { Database } from '../../support/ops/database.js'
import type { Journal } from '../workload/journal.js'

/** Of an erased account no key is left, and no document of a read model. */
export async function checkErasures(database: Database, journal: Journal): Promise<void> {
  for (const id of journal.erasedAccounts) {
    if (await database.hasKey(`user-${id}`)) journal.violation('what is erased is gone', `the key of user-${id}`)
    for (const model of ['messages', 'chats']) {
      const left = await database.collection(model).countDocuments({ userId: id, removedAt: { $exists: false } })
      if (left > 0) journal.violation('what is erased is gone', `${left} ${model} of ${id}`)
    }
  }
}
