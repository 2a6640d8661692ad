/** For how long things have been seen, by this process's own count: in every round, without a gap. */
export class Sightings {
  private before = new Map<string, number>()
  private present = new Map<string, number>()

  /** Notes that the thing is there in this round, and answers for how many milliseconds it has been. */
  see(id: string): number {
    const now = performance.now()
    const first = this.present.get(id) ?? this.before.get(id) ?? now
    this.present.set(id, first)
    return now - first
  }

  /** What was not seen in this round is forgotten. */
  endRound(): void {
    this.before = this.present
    this.present = new Map()
  }
}
