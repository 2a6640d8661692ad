import type { Answered, Client, World } from '../world.js'
import { grant } from '../guests/visitors.js'

/** Somebody who may do everything. */
export async function admin(world: World, url: string): Promise<Client> {
  const client = await world.account(url)
  await grant(world, client.email, 'admin')
  return client
}

export async function apiKeyOf(client: Client): Promise<string> {
  const { status, body } = await client.post('/api/users/generate-api-key')
  if (status !== 201) throw new Error(`no key: ${status}`)
  return body.data.apiKey
}

interface Shown {
  name: string
  state: string
  position: number
  lag: { events: number; seconds: number }
  skipped: number[]
  error?: { position: number; message: string; at: string }
  rebuild?: { state: string; position: number; error?: { position: number } }
}

export async function standing(client: Client, name: string): Promise<Shown> {
  return must(await client.get(`/ops/projections/${name}`), 200)
}

/** The body of an answer that must have this status. */
export function must({ status, body }: Answered, expected: number): Answered['body'] {
  expect([status, body]).toEqual([expected, body])
  return body
}
