import { randomUUID } from 'node:crypto'
import type { Choice } from './choices.js'
import type { Journal } from './journal.js'
import { must, type PatientClient } from './patient-client.js'
import { register } from './registration.js'

/** An account that asks something and is erased. From then on its login opens nothing. */
export async function eraseAnAccount(stranger: PatientClient, { draw }: Choice, journal: Journal): Promise<void> {
  const account = await register(stranger)
  const chat = randomUUID()
  const headers = { 'idempotency-key': randomUUID(), prefer: 'respond-async' }
  const text = `erased ${draw} ${chat} und so weiter`
  must(await account.ask('POST', `/chat/${chat}/send`, { text }, headers), 202)
  const { status, body } = await account.command('DELETE', '/api/users/profile', undefined, randomUUID())
  // A repeat, whose first try was carried out, comes with a login that has ended.
  if (status !== 200 && status !== 401) throw new Error(`an erasure: ${status} ${JSON.stringify(body)}`)
  journal.erasedAccounts.push(account.client.id)
  for (const path of [`/chat/${chat}/messages`, '/api/users/profile']) {
    const after = await account.get(path)
    if (after.status !== 401)
      journal.violation('what is erased is gone', `${path}: ${after.status} ${JSON.stringify(after.body)}`)
  }
}
