import type { Client, World } from '../world.js'
import { ops } from '../ops/command-line.js'

/** The id of a session that begins now. */
export async function begun(visitor: Client): Promise<string> {
  const { status, body } = await visitor.post('/session/initialize_session')
  if (status !== 200) throw new Error(`no session: ${status} ${JSON.stringify(body)}`)
  return body.session_id
}

export async function grant(world: World, email: string, role: string): Promise<void> {
  const { code, errors } = await ops(world, 'users', 'grant', email, role)
  if (code !== 0) throw new Error(errors)
}
