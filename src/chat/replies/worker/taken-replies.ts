import { Injectable } from '@nestjs/common'

/** The reactor is hardly ever so far behind. If it is, a reply that has ended comes into the queue, which is harmless. */
const keptMs = 30_000

/** Replies that this process has taken without the queue, for as long as the reactor may still come to them. */
@Injectable()
export class TakenReplies {
  /** When each was taken, oldest first. */
  private readonly takenAt = new Map<string, number>()

  add(replyId: string): void {
    const now = performance.now()
    for (const [oldest, at] of this.takenAt) {
      if (now - at < keptMs) break
      this.takenAt.delete(oldest)
    }
    this.takenAt.set(replyId, now)
  }

  has(replyId: string): boolean {
    return this.takenAt.has(replyId)
  }

  delete(replyId: string): void {
    this.takenAt.delete(replyId)
  }
}
