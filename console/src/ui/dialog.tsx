import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

interface Props {
  title: string
  close: () => void
  submit: () => void
  children: ComponentChildren
}

/** The browser's own: it keeps the focus inside, and Escape closes it. */
export function Dialog({ title, close, submit, children }: Props) {
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => element.current?.showModal(), [])
  return (
    <dialog ref={element} onClose={close} aria-label={title}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <div class="row spread">
          <h2>{title}</h2>
          <button type="button" class="button button-quiet button-small" onClick={close}>
            Close
          </button>
        </div>
        {children}
      </form>
    </dialog>
  )
}
