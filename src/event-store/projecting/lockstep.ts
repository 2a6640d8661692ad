/**
 * Keeps some readers of the log together: none goes on to the next batch before all have taken this one, so that each
 * batch is read and decoded once for all of them. A reader that has come to the end, or failed, leaves.
 */
export class Lockstep {
  private members = 0
  private waiting: (() => void)[] = []

  join(): LockstepMember {
    this.members++
    let hasLeft = false
    return {
      arrive: () =>
        new Promise((resolve) => {
          this.waiting.push(resolve)
          this.releaseIfAllArrived()
        }),
      leave: () => {
        if (!hasLeft) this.members--
        hasLeft = true
        this.releaseIfAllArrived()
      },
    }
  }

  private releaseIfAllArrived(): void {
    if (this.waiting.length < this.members) return
    for (const resolve of this.waiting.splice(0)) resolve()
  }
}

export interface LockstepMember {
  /** Resolves when all members have arrived. */
  arrive(): Promise<void>
  /** The others no longer wait for this member. */
  leave(): void
}
