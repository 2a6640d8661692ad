/** A prompt that was acknowledged: from here on it must have its one end. */
export interface SentPrompt {
  owner: string
  chatId: string
  text: string
  promptId: string
  replyId: string
  /** How the answer was told to the client, if it was. */
  told?: { status: 'completed' | 'cancelled' | 'failed'; text?: string | undefined }
}

/** What the clients have seen, and everything that they should not have seen. */
export class Journal {
  readonly prompts: SentPrompt[] = []
  readonly erasedAccounts: string[] = []
  readonly counts = new Map<string, number>()
  private readonly wrong = new Map<string, string[]>()

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by)
  }

  /** Something that the service promises did not hold. */
  violation(promise: string, seen: string): void {
    const when = new Date().toISOString().slice(11, 23)
    this.wrong.set(promise, [...(this.wrong.get(promise) ?? []), `${when} ${seen}`])
    console.error(`VIOLATION ${promise}: ${seen}`)
  }

  get violations(): ReadonlyMap<string, readonly string[]> {
    return this.wrong
  }
}
