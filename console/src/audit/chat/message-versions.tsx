import { answerOf, api } from '../../api/client.js'
import { Loaded, useLoading } from '../../ui/loaded.js'
import { eventHref, Moment, PersonLink } from '../links.js'

/** Every text that a message has had until now, and where it was deleted. */
export function MessageVersions({ chatId, messageId }: { chatId: string; messageId: string }) {
  const loading = useLoading(async (signal) => {
    const params = { path: { chatId, messageId } }
    return answerOf(api.GET('/audit/chats/{chatId}/messages/{messageId}/versions', { params, signal }))
  })
  return (
    <Loaded of={loading} what="the versions">
      {({ versions, deleted }) => (
        <ol class="stack">
          {versions.map(({ version, position, at, by, content, unreadable }) => (
            <li key={position}>
              <p class="quiet small">
                Version {version}, <Moment at={at} />, by <PersonLink of={{ id: by }} />{' '}
                <a href={eventHref(position, true)}>Prove it</a>
              </p>
              {unreadable ? (
                <p class="note note-warning">Cannot be read: {unreadable}</p>
              ) : (
                <p class="words">{content?.content}</p>
              )}
            </li>
          ))}
          {deleted && (
            <li class="note note-bad">
              Deleted <Moment at={deleted.at} /> by <PersonLink of={{ id: deleted.by }} />{' '}
              <a href={eventHref(deleted.position)}>See the event</a>
            </li>
          )}
        </ol>
      )}
    </Loaded>
  )
}
