import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { sending } from '../../support/chat/reader.js'
import type { Choice } from './choices.js'
import { must } from './patient-client.js'
import type { Person } from './person.js'
import { readToTheEnd } from './reading.js'

export async function waitForAnswer(person: Person, choice: Choice): Promise<void> {
  const [chat, text] = [person.chatFor(choice), person.words(choice)]
  const answered = await person.client.command('POST', `/chat/${chat.id}/send`, { text }, randomUUID())
  const { status, body } = answered
  if (status === 409 || status === 502) return person.journal.count(`prompts answered ${status}`)
  if (status === 202) return person.follow(person.acknowledged(chat, text, body.promptId, body.messageId))
  must(answered, 200)
  const prompt = person.acknowledged(chat, text, body.promptId, body.messageId)
  prompt.told = { status: body.status, text: body.text }
  await person.expectReadable(chat, prompt, body.status)
}

export async function readAlong(person: Person, choice: Choice): Promise<void> {
  const [chat, text] = [person.chatFor(choice), person.words(choice)]
  const ask = sending(chat.id, { text }, randomUUID())
  const reader = await readToTheEnd(person.client, ask, person.journal, choice.cutAfter)
  if (!reader) return person.journal.count('streams refused')
  const prompt = person.acknowledged(chat, text, reader.promptId, reader.replyId)
  person.read(prompt, reader)
  const position = Number(reader.ended!.data.logPosition ?? 0)
  if (prompt.told!.status !== 'failed') await person.expectReadable(chat, prompt, prompt.told!.status, position)
}

export async function askForLater(person: Person, choice: Choice): Promise<void> {
  const [chat, text] = [person.chatFor(choice), person.words(choice)]
  const key = randomUUID()
  const answered = await person.client.ask(
    'POST',
    `/chat/${chat.id}/send`,
    { text },
    { 'idempotency-key': key, prefer: 'respond-async' },
  )
  if (answered.status === 409) return person.journal.count('prompts answered 409')
  must(answered, 202)
  person.follow(person.acknowledged(chat, text, answered.body.promptId, answered.body.messageId))
}

export async function askOverSocket(person: Person, choice: Choice): Promise<void> {
  const [chatId, content, commandId] = [person.kept.id, person.words(choice), randomUUID()]
  const message = { chatId, content, commandId }
  for (let tries = 0; tries < 60; tries++, await pause(200)) {
    // oxlint-disable-next-line typescript/no-explicit-any
    const ack: any = await person.follower.socket
      .timeout(10_000)
      .emitWithAck('chat-message', message)
      .catch(() => undefined)
    if (ack?.code === 'internal') person.journal.violation('no answer is 500', `socket: ${JSON.stringify(ack)}`)
    if (ack?.ok) return void person.acknowledged(person.kept, content, ack.promptId, ack.replyId)
    if (ack?.code === 'reply_in_progress') return person.journal.count('prompts answered 409')
  }
  person.journal.violation('every request is answered in the end', 'chat-message over a socket, 60 tries')
}

export async function cancel(person: Person, choice: Choice): Promise<void> {
  const chat = person.chatFor(choice)
  const text = person.words({ ...choice, words: 40 })
  const answered = await person.client.ask(
    'POST',
    `/chat/${chat.id}/send`,
    { text },
    { 'idempotency-key': randomUUID(), prefer: 'respond-async' },
  )
  if (answered.status === 409) return person.journal.count('prompts answered 409')
  must(answered, 202)
  const prompt = person.acknowledged(chat, text, answered.body.promptId, answered.body.messageId)
  person.follow(prompt)
  await pause(choice.draw % 800)
  const { status, body } = await person.client.ask('POST', `/chat/${chat.id}/cancel`, undefined, {
    'idempotency-key': randomUUID(),
  })
  if (status !== 200) return person.journal.count(`cancels answered ${status}`)
  if (body.messageId !== prompt.replyId || body.status === 'pending')
    person.journal.violation('a cancel answers with its own reply', `${prompt.replyId}: ${JSON.stringify(body)}`)
}
