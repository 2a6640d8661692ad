import { useSignal } from '@preact/signals'
import { useAction } from '../ui/action.js'

/** The address of the view. It holds no secret: who opens it signs in, and leaves evidence of their own. */
export function CopyLink() {
  const copied = useSignal('')
  const copying = useAction(async () => {
    await navigator.clipboard.writeText(location.href)
    copied.value = location.href
  })
  return (
    <span class="row">
      <output class="quiet small">
        {copying.error.value !== undefined
          ? 'This browser does not let the page copy: copy the address from its bar.'
          : copied.value === location.href && 'Another auditor can open it.'}
      </output>
      <button type="button" class="button" onClick={() => void copying.run()}>
        Copy the link
      </button>
    </span>
  )
}
