import { randomUUID } from 'node:crypto'
import type { Choice } from './choices.js'
import { isBehind, must } from './patient-client.js'
import type { Person } from './person.js'

export async function rename(person: Person, choice: Choice): Promise<void> {
  const chat = person.startedChat(choice)
  if (!chat) return
  const name = `name ${chat.renames + 1}`
  const answered = await person.client.command('PATCH', `/chat/${chat.id}/edit`, { name }, randomUUID())
  if (answered.status === 404) return
  must(answered, 200)
  chat.renames++
  const shown = await listedName(person, chat.id)
  if (shown !== undefined && shown !== name)
    person.journal.violation('nothing is read back in time', `${chat.id} is called ${shown} after ${name}`)
}

/**
 * The chat's name in its owner's list. Undefined where nobody can tell: the list could not be read, or is said to be
 * behind.
 */
async function listedName(person: Person, chatId: string): Promise<string | undefined> {
  // A chat in which something happens meanwhile moves from a page not yet read to one that was read.
  for (let looks = 1; looks <= 3; looks++) {
    for (let page = ''; ;) {
      const path = `/user/${person.id}/list-chats?limit=200${page}`
      const { status, headers, body } = await person.client.get(path, person.after())
      if (status !== 200 || isBehind(headers, 'chats')) return undefined
      const listed = (body.chats as { id: string; name: string }[]).find(({ id }) => id === chatId)
      if (listed) return listed.name
      if (!body.nextCursor) break
      page = `&cursor=${encodeURIComponent(body.nextCursor)}`
    }
  }
  return 'nothing'
}

export async function giveFeedback(person: Person, choice: Choice): Promise<void> {
  const prompt = person.ownPrompt(choice)
  if (!prompt) return
  const path = `/message/${prompt.replyId}/feedback`
  const type = choice.draw % 2 ? 'positive' : 'negative'
  const { status } = await person.client.command('POST', path, { type }, randomUUID())
  if (status === 200 && choice.draw % 3 === 0) await person.client.command('DELETE', path, undefined, randomUUID())
}

export async function storeMessage(person: Person, choice: Choice): Promise<void> {
  const chat = person.startedChat(choice)
  if (!chat) return
  const content = person.words(choice)
  const stored = await person.client.command(
    'POST',
    `/api/${chat.id}/messages`,
    { role: 'user', content },
    randomUUID(),
  )
  if (stored.status === 404) return
  must(stored, 201)
  const { id } = stored.body.data.message
  const seen = await person.client.get(`/api/${chat.id}/messages/${id}`, person.after())
  if (seen.status === 404 || (seen.status === 200 && seen.body.data.message.content !== content))
    person.journal.violation(
      'nothing is read back in time',
      `message ${id}: ${seen.status} ${JSON.stringify(seen.body)}`,
    )
}

export async function readOwn(person: Person, choice: Choice): Promise<void> {
  const chat = person.startedChat(choice)
  if (!chat) return
  const { status, body } = await person.client.get(`/chat/${chat.id}/messages?limit=100`, person.after())
  if (status !== 200) return
  for (const { text = '' } of body.messages as { text?: string }[])
    if (/person (\d+)/.exec(text)?.[1] !== String(person.number) && /person \d/.test(text))
      person.journal.violation('nobody reads the data of others', `${person.number} was shown ${text.slice(0, 60)}`)
}

export async function readForeign(person: Person, choice: Choice): Promise<void> {
  const others = person.town.journal.prompts.filter(({ owner }) => owner !== person.id)
  if (others.length === 0) return
  const { replyId, chatId } = others[choice.draw % others.length]!
  const paths = [
    `/chat/replies/${replyId}`,
    `/chat/replies/${replyId}/stream`,
    `/message/${replyId}/receipt`,
    `/api/chats/${chatId}`,
  ]
  for (const path of paths) {
    const { status } = await person.client.get(path)
    person.journal.count('reads of what belongs to others')
    if (status !== 404) person.journal.violation('nobody reads the data of others', `${path}: ${status}`)
  }
}

export async function deleteChat(person: Person, choice: Choice): Promise<void> {
  const chat = person.startedChat(choice, 1)
  if (!chat) return
  chat.isDeleted = true
  const query = choice.draw % 2 ? '?erase=true' : ''
  must(await person.client.command('DELETE', `/chat/${chat.id}${query}`, undefined, randomUUID()), 204, 404)
  const { status, headers } = await person.client.get(`/chat/${chat.id}/messages`, person.after())
  if (status === 200 && !isBehind(headers, 'messages', 'chats'))
    person.journal.violation('nothing is read back in time', `${chat.id} is there after its deletion`)
}
