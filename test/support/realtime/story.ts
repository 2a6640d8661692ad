import { chance } from '../chance.js'
import { type Emission, ReaderProgress, type ReplyDelta } from '../../../src/realtime/reader-progress.js'
import type { RecordedChatEvent } from '../../../src/chat/chat.js'
import type { ChatUpdate } from '../../../src/realtime/chat-updates.js'
import { DeltaBuffer } from '../../../src/chat/open-reply/delta-buffer.js'

/** Somebody who reads, and what arrives there. */
class Reader {
  readonly following = new ReaderProgress(0)
  readonly positions: number[] = []
  private readonly texts = new Map<string, string>()
  private readonly done = new Set<string>()

  /** `stored` are the replies as they ended. */
  constructor(private readonly stored: ReadonlyMap<string, string>) {}

  tell(position: number, told: ChatUpdate): void {
    this.positions.push(position)
    this.take(this.following.advance(position, told))
    if (told.newReplyId !== undefined) this.following.followReply(told.newReplyId)
  }

  take(emissions: readonly Emission[]): void {
    for (const [name, data] of emissions) {
      const { replyId, offset, text } = data as ReplyDelta
      if (this.done.has(replyId)) throw new Error(`${name} of ${replyId} came after its end`)
      if (name === 'reply-delta') this.texts.set(replyId, (this.texts.get(replyId) ?? '').slice(0, offset) + text)
      if (name !== 'reply-done') continue
      this.done.add(replyId)
      if ((this.texts.get(replyId) ?? '') !== this.stored.get(replyId))
        throw new Error(`${replyId} was not put together`)
    }
  }
}

/**
 * A chat of one reply after the other as it may be written and read: attempts that fail, deltas that get lost, a process
 * that is behind the log, readers that are slower still. The seed decides.
 */
export class Story {
  readonly positions: number[] = []
  readonly readers: Reader[]
  private readonly pick: (below: number) => number
  private readonly stored = new Map<string, string>()
  private readonly told = new Map<number, ChatUpdate>()
  /** What the model writes. */
  private open: { replyId: string; attempt: number; text: string } | undefined
  /** What the process has. */
  private readonly room = { position: 0, recentAfter: 0, recent: [] as RecordedChatEvent[] }
  private heard: { replyId: string; writing: DeltaBuffer } | undefined
  replies = 0

  constructor(seed: number) {
    this.pick = chance(seed)
    this.readers = [0, 1, 2].map(() => new Reader(this.stored))
  }

  /** In the end everybody has read everything. */
  play(steps: number): void {
    for (let i = 0; i < steps; i++)
      [() => this.write(), () => this.write(), () => this.pass(), () => this.read(), () => this.read()][this.pick(5)]!()
    for (let i = 0; i < steps; i++) this.pass()
    for (let i = 0; i < 10 * steps; i++) this.read()
  }

  private write(): void {
    if (!this.open) {
      this.open = { replyId: `reply-${++this.replies}`, attempt: 0, text: '' }
      return this.append({ newReplyId: this.open.replyId })
    }
    const { replyId, attempt, text } = this.open
    const what = this.pick(12)
    if (what === 0) this.open = { replyId, attempt: attempt + 1, text: '' }
    else if (what < 3) {
      this.stored.set(replyId, text)
      this.open = undefined
      this.append({ replyEnd: { replyId, status: 'completed', text: { attempt: String(attempt), text } } })
    } else this.say(replyId, attempt, text, `${this.pick(1000)} `)
  }

  private say(replyId: string, attempt: number, text: string, more: string): void {
    this.open = { replyId, attempt, text: text + more }
    const isLost = this.pick(4) === 0 || this.heard?.replyId !== replyId
    if (isLost || this.heard!.writing.add({ attempt: String(attempt), offset: text.length, text: more })) return
    if (this.pick(2) === 0) this.heard!.writing.addText({ attempt: String(attempt), text: text + more })
  }

  private append(told: ChatUpdate): void {
    const position = (this.positions.at(-1) ?? 0) + 1 + this.pick(3)
    this.positions.push(position)
    this.told.set(position, told)
  }

  /** The process reads the next event of the log. */
  private pass(): void {
    const position = this.positions.find((one) => one > this.room.position)
    if (position === undefined) return
    const { newReplyId: begun } = this.told.get(position)!
    this.heard = begun === undefined ? undefined : { replyId: begun, writing: new DeltaBuffer() }
    this.room.recent.push({ position } as RecordedChatEvent)
    if (this.room.recent.length > 3) this.room.recentAfter = this.room.recent.shift()!.position
    this.room.position = position
  }

  private read(): void {
    const reader = this.readers[this.pick(3)]!
    const { attempt, text = '' } = this.heard?.writing ?? {}
    const replyText = attempt === undefined ? undefined : { replyId: this.heard!.replyId, attempt, text }
    const next = reader.following.next({ ...this.room, replyText })
    if (next === 'behind') this.readLog(reader)
    else if (next && 'delta' in next) reader.take([next.delta])
    else if (next) reader.tell(next.event.position, this.told.get(next.event.position)!)
  }

  private readLog(reader: Reader): void {
    const { position } = this.room
    const missed = this.positions.filter((one) => one > reader.following.position && one <= position)
    const some = missed.slice(0, 1 + this.pick(9))
    for (const one of some) reader.tell(one, this.told.get(one)!)
    if (some.length === missed.length) reader.following.skipTo(position)
  }
}
