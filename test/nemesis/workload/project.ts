import { randomUUID } from 'node:crypto'
import type { Choice } from './choices.js'
import type { Journal } from './journal.js'
import { must, type PatientClient } from './patient-client.js'

/** A project with a prompt and a file, which is read back to the letter; every other one is erased. */
export async function useProject(person: PatientClient, { draw, words }: Choice, journal: Journal): Promise<void> {
  const created = await person.command('POST', '/api/projects', { name: `project ${draw}` }, randomUUID())
  must(created, 201)
  const { id } = created.body.data.project
  const path = `/api/projects/${id}`
  must(await person.command('POST', `${path}/prompts`, { content: 'Be brief.' }, randomUUID()), 201)
  const content = `file ${draw} ${'äöü 𝄞 '.repeat(words)}`
  const form = new FormData()
  form.set('file', new Blob([content], { type: 'text/plain' }), 'notes.txt')
  const uploaded = await person.command('POST', `${path}/files`, form, randomUUID())
  must(uploaded, 201)
  const { status, body } = await person.get(`${path}/files/${uploaded.body.data.file.id}`)
  if (status !== 200 || body !== content)
    journal.violation('a file is what was uploaded', `${path}: ${status} ${JSON.stringify(body).slice(0, 200)}`)
  const answered = await person.ask(
    'POST',
    `/api/chat/${id}`,
    { message: `project ${draw} ${randomUUID()}` },
    { 'idempotency-key': randomUUID() },
  )
  if (![200, 202, 409, 502].includes(answered.status)) must(answered, 200)
  if (draw % 2) must(await person.command('DELETE', `${path}?erase=true`, undefined, randomUUID()), 200)
}
