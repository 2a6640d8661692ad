import { useSignal } from '@preact/signals'
import { answerOf, api } from '../api/client.js'
import { useAction } from '../ui/action.js'
import { Icon } from '../ui/icon.js'
import { useLoading } from '../ui/loaded.js'
import type { Conversation } from './conversation.js'

interface Props {
  conversation: Conversation
  send: (content: string, model: string) => Promise<void>
}

/** What has not been sent yet stays in the field, also when sending fails. */
export function Composer({ conversation, send }: Props) {
  const text = useSignal('')
  const model = useSignal('')
  const models = useLoading(async () => (await answerOf(api.GET('/api/ai/models'))).data.models)
  const stopping = useAction(() => conversation.stop())
  const isOpen = conversation.messages.value.some(({ status }) => status === 'pending')
  const isBusy = isOpen || conversation.isSending.value
  const submit = async (event?: Event) => {
    event?.preventDefault()
    const content = text.value.trim()
    if (!content || isBusy) return
    const before = conversation.messages.value.length
    await send(content, model.value)
    if (conversation.messages.value.length > before) text.value = ''
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) void submit(event)
  }
  return (
    <form class="composer card" onSubmit={(event) => void submit(event)}>
      <label>
        <span class="visually-hidden">Your question</span>
        <textarea
          rows={3}
          maxLength={100_000}
          placeholder="Ask something. Enter sends, Shift and Enter begin a line."
          value={text}
          onInput={({ currentTarget }) => {
            text.value = currentTarget.value
          }}
          onKeyDown={onKeyDown}
        />
      </label>
      <div class="row spread">
        <label class="row small quiet">
          Model
          <select
            class="short"
            value={model}
            onChange={({ currentTarget }) => {
              model.value = currentTarget.value
            }}
          >
            <option value="">the default</option>
            {models.data.value?.map(({ id }) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </select>
        </label>
        {isOpen ? (
          <button type="button" class="button" disabled={stopping.isRunning.value} onClick={() => void stopping.run()}>
            <Icon name="stop" /> Stop
          </button>
        ) : (
          <button class="button button-main" disabled={isBusy || !text.value.trim()}>
            Send
          </button>
        )}
      </div>
    </form>
  )
}
