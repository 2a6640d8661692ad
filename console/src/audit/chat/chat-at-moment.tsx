import { hrefOf, navigate, query } from '../../router.js'
import { plural } from '../../ui/format.js'
import { Loaded, useLoading } from '../../ui/loaded.js'
import { EventLink, Moment, PersonLink } from '../links.js'
import { type ChatHistory, changesAfter } from './chat-events.js'
import { MessageAtMoment } from './message-at-moment.js'
import { readSnapshot, type Snapshot } from './snapshot.js'
import { TimeSlider } from './time-slider.js'

export function ChatAtMoment({ chatId, history }: { chatId: string; history: ChatHistory }) {
  const snapshot = useLoading(async (signal) => readSnapshot(chatId, query.value.get('at') ?? undefined, signal))
  const move = (at: string) =>
    navigate(hrefOf(`/audit/chats/${encodeURIComponent(chatId)}`, at ? { at } : {}), { replace: true })
  return (
    <div class="stack">
      <TimeSlider history={history} position={snapshot.data.value?.position} onMove={move} />
      <Loaded of={snapshot} what="the chat as it was">
        {(shown) => <Shown chatId={chatId} snapshot={shown} history={history} />}
      </Loaded>
    </div>
  )
}

function Shown({ chatId, snapshot, history }: { chatId: string; snapshot: Snapshot; history: ChatHistory }) {
  const { position, erased, chat, messages } = snapshot
  const later = changesAfter(history, position)
  const { settings } = chat
  return (
    <div class="stack">
      <section class="card stack" aria-label="Chat">
        <div class="row spread">
          <h2>{chat.title ?? <span class="quiet">no title can be read</span>}</h2>
          <span class={chat.status === 'active' ? 'badge badge-good' : 'badge badge-bad'}>{chat.status}</span>
        </div>
        {erased && (
          <p class="note note-bad">
            Erased: its key was destroyed, so no text of any moment can be read. All else is left.
          </p>
        )}
        <p class="quiet">
          As of position <EventLink position={position} />: {plural(chat.messageCount, 'message')}, begun{' '}
          <Moment at={chat.createdAt} /> by <PersonLink of={{ id: chat.user }} />
          {chat.tags && chat.tags.length > 0 && `, tags ${chat.tags.join(', ')}`}
        </p>
        {settings && (
          <p class="quiet small">
            Settings of the newest prompt:{' '}
            {Object.entries(settings)
              .map(([name, value]) => `${name} ${value}`)
              .join(', ')}
          </p>
        )}
      </section>
      {later.length > 0 && (
        <section class="note note-warning" aria-label="Since then">
          <h3>Since then</h3>
          <ul>
            {later.map(({ event, what }) => (
              <li key={event.position}>
                <Moment at={event.at} />: {what}, by <PersonLink of={{ id: event.meta.actor }} />, event{' '}
                <EventLink position={event.position} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <ol class="stack" aria-label="Messages">
        {messages.map((message) => (
          <MessageAtMoment
            key={`${message.id} ${position}`}
            chatId={chatId}
            message={message}
            position={position}
            history={history}
          />
        ))}
      </ol>
    </div>
  )
}
