import { signal, useSignal } from '@preact/signals'
import { answerOf, api } from '../api/client.js'
import { hrefOf } from '../router.js'
import { age, plural } from '../ui/format.js'
import { Icon } from '../ui/icon.js'
import { Loaded, useLoading } from '../ui/loaded.js'

const changes = signal(0)

/** A chat has begun, has another name, or is gone. */
export const chatsChanged = (): void => {
  changes.value++
}

const pageSize = 50

/** The caller's chats, newest first; with words, those that have them in their title or in a message. */
export function ChatList({ current }: { current: string | undefined }) {
  const words = useSignal('')
  const size = useSignal(pageSize)
  const chats = useLoading(async () => {
    void changes.value
    const q = words.value.trim()
    return q ? search(q) : list(size.value)
  })
  return (
    <aside class="chat-list" aria-label="Your chats">
      <a class="button" href={hrefOf('/chat')}>
        <Icon name="plus" /> New chat
      </a>
      <label class="search">
        <Icon name="search" />
        <span class="visually-hidden">Search your chats</span>
        <input
          type="search"
          placeholder="Search titles and messages"
          onInput={({ currentTarget }) => {
            words.value = currentTarget.value
          }}
        />
      </label>
      <Loaded
        of={chats}
        what="chats"
        isEmpty={({ found }) => found.length === 0}
        empty={words.value.trim() ? 'No chat has these words.' : 'No chats yet: ask something.'}
      >
        {({ found, hasMore }) => (
          <nav aria-label="Chats">
            <ul>
              {found.map(({ id, title, about }) => (
                <li key={`${id}${about}`}>
                  <a href={hrefOf(`/chat/${id}`)} aria-current={id === current ? 'page' : undefined}>
                    <span class="chat-title">{title}</span>
                    <span class="small quiet chat-title">{about}</span>
                  </a>
                </li>
              ))}
            </ul>
            {hasMore && (
              <button
                type="button"
                class="button button-quiet"
                onClick={() => {
                  size.value += pageSize
                }}
              >
                Show more
              </button>
            )}
          </nav>
        )}
      </Loaded>
    </aside>
  )
}

interface Found {
  found: { id: string; title: string; about: string }[]
  hasMore: boolean
}

async function list(wanted: number): Promise<Found> {
  const found: Found['found'] = []
  let cursor: string | undefined
  do {
    const query = { limit: pageSize, ...(cursor && { cursor }) }
    const { data } = await answerOf(api.GET('/api/ai/chats', { params: { query } }))
    for (const { id, title, updatedAt, messageCount } of data.chats)
      found.push({ id, title, about: `${plural(messageCount, 'message')} · ${age(updatedAt)}` })
    cursor = data.nextCursor
  } while (cursor && found.length < wanted)
  return { found, hasMore: cursor !== undefined }
}

/** Words of titles may be parts of words; those of messages are whole ones. */
async function search(q: string): Promise<Found> {
  const params = { query: { q, limit: pageSize } }
  const [titles, messages] = await Promise.all([
    answerOf(api.GET('/api/ai/chats/search', { params })),
    answerOf(api.GET('/api/ai/chats/search/messages', { params })),
  ])
  const byTitle = titles.data.chats.map(({ id, title, updatedAt }) => ({ id, title, about: age(updatedAt) }))
  const byWords = messages.data.messages.map(({ chatId: id, role, content }) => ({
    id,
    title: excerpt(content, q),
    about: role === 'user' ? 'you said' : 'an answer says',
  }))
  return { found: [...byTitle, ...byWords], hasMore: false }
}

function excerpt(content: string, q: string): string {
  const at = content.toLowerCase().indexOf(q.toLowerCase().split(/\s+/)[0]!)
  const from = Math.max(0, at - 20)
  return `${from > 0 ? '…' : ''}${content.slice(from, from + 90)}`
}
