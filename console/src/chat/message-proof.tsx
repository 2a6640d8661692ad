import { answerOf, api } from '../api/client.js'
import { verifiedReceipt } from '../proof-of-log.js'
import { provesWords } from '../proof/words.js'
import { saveJson } from '../ui/save.js'
import { Icon } from '../ui/icon.js'
import { Loaded, useLoading } from '../ui/loaded.js'
import { ProofSteps } from '../ui/proof-steps.js'

/** The receipt of a message, verified here, and whether it says what the message says. */
export function MessageProof({ id, content }: { id: string; content: string }) {
  const proof = useLoading(() =>
    verifiedReceipt(() =>
      answerOf(api.GET('/api/ai/messages/{messageId}/receipt', { params: { path: { messageId: id } } })),
    ),
  )
  return (
    <Loaded of={proof} what="the receipt">
      {({ receipt, verification }) => {
        const isProven = provesWords(verification, id, content)
        return (
          <div class="stack proof">
            <div class="row spread">
              <span class={`badge ${isProven ? 'badge-good' : 'badge-bad'}`}>
                <Icon name={isProven ? 'check' : 'cross'} /> {isProven ? 'Proven' : 'Not proven'}
              </span>
              <button
                type="button"
                class="button button-small"
                onClick={() => saveJson(receipt, `receipt-${verification.line.position}.json`)}
              >
                Keep the receipt
              </button>
            </div>
            {verification.isProven && !isProven && (
              <p class="note note-bad">The receipt is good, but it is not of these words.</p>
            )}
            <ProofSteps verification={verification} />
          </div>
        )
      }}
    </Loaded>
  )
}
