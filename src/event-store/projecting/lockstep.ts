/**
 * Keeps some readers of the log abreast: nobody goes on to the next batch before all have taken this one, so that
 * each batch is read and decoded once for all of them. Who has come to the end, or failed, leaves.
 */
export class Lockstep {
  private members = 0
  private waiting: (() => void)[] = []

  join(): LockstepMember {
    this.members++
    let left = false
    return {
      arrive: () =>
        new Promise((resolve) => {
          this.waiting.push(resolve)
          this.releaseIfAllArrived()
        }),
      leave: () => {
        if (!left) this.members--
        left = true
        this.releaseIfAllArrived()
      },
    }
  }

  private releaseIfAllArrived(): void {
    if (this.waiting.length < this.members) return
    for (const goOn of this.waiting.splice(0)) goOn()
  }
}

export interface LockstepMember {
  arrive(): Promise<void>
  leave(): void
}
