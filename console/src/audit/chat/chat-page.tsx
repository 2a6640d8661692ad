import { hrefOf } from '../../router.js'
import { Loaded, useLoading } from '../../ui/loaded.js'
import { ChatAtMoment } from './chat-at-moment.js'
import { readChatHistory } from './chat-events.js'

/** A chat at any moment of its life, and what has become of it since. */
export function ChatPage({ of: chatId }: { of: string }) {
  const history = useLoading((signal) => readChatHistory(chatId, signal))
  return (
    <div class="stack">
      <nav class="row" aria-label="About this chat">
        <a class="button" href={hrefOf('/audit/log', { stream: `chat-${chatId}` })}>
          Its events
        </a>
        <a class="button" href={hrefOf('/audit/reads', { of: chatId, open: 'true' })}>
          Who read it
        </a>
      </nav>
      <Loaded of={history} what="what has happened in the chat">
        {(loaded) => <ChatAtMoment chatId={chatId} history={loaded} />}
      </Loaded>
    </div>
  )
}
