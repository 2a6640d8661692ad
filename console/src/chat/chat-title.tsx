import { useSignal } from '@preact/signals'
import { hrefOf, navigate } from '../router.js'
import { useAction } from '../ui/action.js'
import { Dialog } from '../ui/dialog.js'
import { ActionError } from '../ui/loaded.js'
import type { Chat, Conversation } from './conversation.js'

/** The chat's name, and what can be done with all of it. */
export function ChatTitle({ conversation, chat }: { conversation: Conversation; chat: Chat }) {
  const isOpen = useSignal<'rename' | 'delete' | undefined>(undefined)
  const close = () => {
    isOpen.value = undefined
  }
  return (
    <header class="row spread chat-head">
      <a class="back" href={hrefOf('/chat')}>
        All chats
      </a>
      <h1>{chat.title}</h1>
      <div class="row">
        <button
          type="button"
          class="button button-quiet button-small"
          onClick={() => {
            isOpen.value = 'rename'
          }}
        >
          Rename
        </button>
        <button
          type="button"
          class="button button-quiet button-small"
          onClick={() => {
            isOpen.value = 'delete'
          }}
        >
          Delete
        </button>
      </div>
      {isOpen.value === 'rename' && <RenameDialog conversation={conversation} title={chat.title} close={close} />}
      {isOpen.value === 'delete' && <DeleteDialog conversation={conversation} close={close} />}
    </header>
  )
}

function RenameDialog({
  conversation,
  title,
  close,
}: {
  conversation: Conversation
  title: string
  close: () => void
}) {
  const text = useSignal(title)
  const renaming = useAction(async () => {
    await conversation.rename(text.value.trim())
    close()
  })
  return (
    <Dialog title="Rename the chat" close={close} submit={() => void renaming.run()}>
      <label class="field">
        <span>Title</span>
        <input
          required
          maxLength={200}
          value={text}
          onInput={({ currentTarget }) => {
            text.value = currentTarget.value
          }}
        />
      </label>
      <ActionError error={renaming.error} />
      <button class="button button-main" disabled={renaming.isRunning.value || !text.value.trim()}>
        Rename
      </button>
    </Dialog>
  )
}

function DeleteDialog({ conversation, close }: { conversation: Conversation; close: () => void }) {
  const erase = useSignal(false)
  const deleting = useAction(async () => {
    await conversation.delete(erase.value)
    navigate(hrefOf('/chat'))
  })
  const choice = (value: boolean, title: string, meaning: string) => (
    <label class="choice card">
      <input
        type="radio"
        name="how"
        aria-label={title}
        checked={erase.value === value}
        onChange={() => {
          erase.value = value
        }}
      />
      <span>
        <strong>{title}</strong>
        <span class="small quiet">{meaning}</span>
      </span>
    </label>
  )
  return (
    <Dialog title="Delete the chat" close={close} submit={() => void deleting.run()}>
      {choice(
        false,
        'Delete',
        'You no longer see it. Auditors can read it until the retention period ends; then its key is destroyed.',
      )}
      {choice(
        true,
        'Erase',
        'Its key is destroyed at once. Nobody can read it here any more: neither you, nor auditors, nor those who run this service. What backups still have of it becomes unreadable when the operator replaces the master key the next time.',
      )}
      <ActionError error={deleting.error} />
      <button class="button button-bad" disabled={deleting.isRunning.value}>
        {erase.value ? 'Erase it for ever' : 'Delete it'}
      </button>
    </Dialog>
  )
}
