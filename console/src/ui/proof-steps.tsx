import { claims, type Verification } from '../proof/receipt.js'
import { toBase64 } from '../proof/bytes.js'
import { count, plural, time } from './format.js'
import { Icon } from './icon.js'

/** What this browser has checked, from the words up to the signature. */
export function ProofSteps({ verification }: { verification: Verification }) {
  const { steps, line, head, path, leafHash, signer } = verification
  return (
    <div class="stack small">
      <ol class="steps">
        {steps.map(({ claim, fault }) => (
          <li key={claim} class={fault ? 'step-bad' : 'step-good'}>
            <Icon name={fault ? 'cross' : 'check'} />
            <span>
              {claims[claim]}
              {fault && <strong>: {fault}</strong>}
            </span>
          </li>
        ))}
      </ol>
      <p class="quiet">
        Event {count(line.position)}, {line.event.type}, {time(line.at)}. Checked in this browser against the checkpoint
        of {plural(head.size, 'event')}
        {signer && (
          <>
            {' '}
            that the key <code>{signer}</code> has signed
          </>
        )}
        .
      </p>
      <details>
        <summary>The way up the tree: {plural(path.length, 'step')}</summary>
        <ol class="hashes">
          <li>
            leaf <code>{toBase64(leafHash)}</code>
          </li>
          {path.map(({ sibling, side, hash }, i) => (
            <li key={i}>
              with <code>{toBase64(sibling)}</code> on the {side}: <code>{toBase64(hash)}</code>
            </li>
          ))}
          <li>
            signed root <code>{toBase64(head.root)}</code>
          </li>
        </ol>
      </details>
    </div>
  )
}
