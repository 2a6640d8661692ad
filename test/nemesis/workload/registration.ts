import { randomUUID } from 'node:crypto'
import { Client } from '../../support/world.js'
import { must, type PatientClient } from './patient-client.js'

/** A new account, whose requests go where the stranger's went. */
export async function register(stranger: PatientClient): Promise<PatientClient> {
  const email = `${randomUUID()}@example.org`
  const profile = { email, password: 'a long secret', name: 'A Person' }
  const answered = await stranger.ask('POST', '/api/auth/register', profile, { 'idempotency-key': randomUUID() })
  must(answered, 201)
  const { user, token } = (answered.body as { data: { user: { id: string }; token: string } }).data
  const client = new Client(stranger.client.url, { authorization: `Bearer ${token}` }, user.id, email)
  return stranger.as(client)
}
