import { useSignal } from '@preact/signals'
import { fetchAuthorized } from '../api/client.js'
import { chunksOf } from '../api/sse.js'
import { account } from '../session.js'
import { useAction } from '../ui/action.js'
import { bytes, count, time } from '../ui/format.js'
import { ActionError } from '../ui/loaded.js'
import type { PageProps } from '../ui/lazy.js'
import { save } from '../ui/save.js'
import { type Fact, Facts } from '../ui/facts.js'

export function AccountPage({ title }: PageProps) {
  const { name, email, role, createdAt, totalTokensUsed, feedbackCount } = account.value!
  const facts: Fact[] = [
    ['Name', name ?? 'none'],
    ['Email', email ?? 'none'],
    ['Role', role],
    ['Since', time(createdAt)],
    ['Tokens used', count(totalTokensUsed)],
    ['Ratings given', count(feedbackCount)],
  ]
  return (
    <div class="page">
      <h1>{title}</h1>
      <section class="card">
        <Facts facts={facts} />
      </section>
      <Export />
    </div>
  )
}

function Export() {
  const received = useSignal(0)
  const exporting = useAction(async () => {
    received.value = 0
    const { body } = await fetchAuthorized('/api/users/export')
    const parts: Uint8Array<ArrayBuffer>[] = []
    for await (const part of chunksOf(body!)) {
      parts.push(part.slice())
      received.value += part.length
    }
    save(new Blob(parts, { type: 'application/x-ndjson' }), 'verbatim.ndjson')
  })
  return (
    <section class="card stack">
      <h2>Take everything along</h2>
      <p class="quiet">
        One file with every event of your account, your chats and your projects, readable, each with the proof that it
        is in the log. Anybody can verify it offline with the log’s public key:{' '}
        <code>npm run audit -- verify verbatim.ndjson --key log.key</code>.
      </p>
      <ActionError error={exporting.error} />
      <div class="row">
        <button
          type="button"
          class="button button-main"
          disabled={exporting.isRunning.value}
          onClick={() => void exporting.run()}
        >
          Download
        </button>
        {received.value > 0 && (
          <output class="small quiet">
            {exporting.isRunning.value ? 'So far' : 'Done:'} {bytes(received.value)}
          </output>
        )}
      </div>
    </section>
  )
}
