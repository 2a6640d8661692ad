/** What has arrived for one reader and was not taken yet. */
export class Inbox<Item> {
  private items: Item[] = []
  private awaken: () => void = () => {}

  put(item: Item): void {
    this.items.push(item)
    this.awaken()
  }

  /** Ends the present wait: there is something else to see. */
  wake(): void {
    this.awaken()
  }

  /** All there is, as soon as there is something; nothing when woken or after `timeoutMs`. */
  async take(timeoutMs: number): Promise<Item[]> {
    if (this.items.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs)
        this.awaken = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return this.items.splice(0)
  }
}
