import { randomUUID } from 'node:crypto'
import type { Choice } from './choices.js'
import type { Journal } from './journal.js'
import type { PatientClient } from './patient-client.js'

/** Somebody without an account asks a question and says what they think of the service. */
export async function visit(guest: PatientClient, { words, draw }: Choice, journal: Journal): Promise<void> {
  const begun = await guest.ask('POST', '/session/initialize_session')
  if (begun.status !== 200) throw new Error(`no session: ${begun.status} ${JSON.stringify(begun.body)}`)
  const { session_id } = begun.body as { session_id: string }
  const content = `guest ${randomUUID()} ${'und so weiter '.repeat(words).trim()}`
  const body = { session_id, role: 'user', content }
  const key = randomUUID()
  for (let tries = 0; tries < 20; tries++) {
    const { status, body: told } = await guest.ask('POST', '/chat', body, { 'idempotency-key': key })
    if (status === 202) continue
    if (status === 200 && told.content !== `You asked: ${content}`)
      journal.violation('nobody reads the data of others', `a guest asked ${content} and was told ${told.content}`)
    if (status !== 200 && status !== 502) throw new Error(`a guest’s prompt: ${status} ${JSON.stringify(told)}`)
    break
  }
  if (draw % 2) {
    const { status } = await guest.command(
      'POST',
      '/feedback',
      { session_id, feedback: `thanks ${draw}` },
      randomUUID(),
    )
    if (status !== 200) throw new Error(`a guest’s feedback: ${status}`)
  }
}
