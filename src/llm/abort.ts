/**
 * An abort signal of our own, which also aborts with its parent's until it is released. It is for code that never
 * removes its listeners (the openai client), and for work that may also end for a reason of its own.
 */
export class ChildAbort {
  private readonly controller = new AbortController()
  private readonly timers = new Set<NodeJS.Timeout>()
  private readonly onParent = () => this.controller.abort(this.parent.reason)

  constructor(private readonly parent: AbortSignal) {
    if (parent.aborted) this.onParent()
    else parent.addEventListener('abort', this.onParent, { once: true })
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  abort(reason: unknown): void {
    this.controller.abort(reason)
  }

  /** The deadline: aborts with the reason after the time. Returns what cancels it. */
  abortAfter(ms: number, reason: () => Error): () => void {
    const timer = setTimeout(() => this.controller.abort(reason()), ms)
    this.timers.add(timer)
    return () => {
      clearTimeout(timer)
      this.timers.delete(timer)
    }
  }

  /** Removes the listener at the parent, and all deadlines. */
  release(): void {
    this.parent.removeEventListener('abort', this.onParent)
    for (const timer of this.timers) clearTimeout(timer)
  }
}

/** Made once: an abort without a reason makes an error with a stack each time. */
export const noLongerRead = new Error('nobody reads the answer any more')
