import { Icon } from '../../ui/icon.js'
import type { VerifiedReceipt } from '../../proof-of-log.js'
import { ProofSteps } from '../../ui/proof-steps.js'
import { saveJson } from '../../ui/save.js'
import { KeyChoice } from './key-choice.js'

/** What this browser has found out about a receipt, step by step up to the signature. */
export function ReceiptCheck({ of: { receipt, verification } }: { of: VerifiedReceipt }) {
  const { isProven, line } = verification
  return (
    <section class="card stack" aria-label="Proof">
      <div class="row spread">
        <p class={`note ${isProven ? 'note-good' : 'note-bad'}`} role={isProven ? 'status' : 'alert'}>
          <Icon name={isProven ? 'check' : 'cross'} />{' '}
          <strong>{isProven ? 'Proven in this browser' : 'Not proven: do not believe what is shown below'}</strong>
        </p>
        <button type="button" class="button" onClick={() => saveJson(receipt, `receipt-${line.position}.json`)}>
          Keep the receipt
        </button>
      </div>
      <ProofSteps verification={verification} />
      <h3>Leaf</h3>
      <pre>{receipt.leaf}</pre>
      <KeyChoice />
    </section>
  )
}
