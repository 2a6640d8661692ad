import { trustedKeys, trustKeys } from '../../trusted-keys.js'
import { textsOf } from '../form-texts.js'

/** Where an auditor says which keys to trust. A service that lies would lie about its key as well. */
export function KeyChoice() {
  const trusted = trustedKeys.value
  return (
    <details>
      <summary>
        {trusted.length > 0
          ? 'Checked with the keys that you have given'
          : 'Checked with the key that this service names; give the one that you have kept'}
      </summary>
      <form class="stack" onSubmit={(event) => trustKeys(textsOf(event).keys ?? '')} key={trusted.join()}>
        <label class="field">
          Public keys of the log, one per line; none means those of the service
          <textarea name="keys" rows={2} spellcheck={false} defaultValue={trusted.join('\n')} />
        </label>
        <div>
          <button class="button">Use them in this browser</button>
        </div>
      </form>
    </details>
  )
}
