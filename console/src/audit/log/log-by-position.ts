import { signal, type Signal } from '@preact/signals'
import { type HistoryPage, type LogEvent, readHistory } from '../history.js'

const pageSize = 100
const maxPages = 60
const restMs = 120

interface LogPart {
  events?: readonly LogEvent[]
  error?: unknown
}

/**
 * The whole log, of which those pages are read that somebody looks at: when the list has come to rest, because each
 * read leaves an event behind. What was seen last is kept.
 */
export class LogByPosition {
  private readonly parts = new Map<number, Signal<LogPart>>()
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly aborted = new AbortController()
  /** The last position that the log had at the last look. */
  readonly head = signal<number | undefined>(undefined)
  readonly error = signal<unknown>(undefined)

  async look(): Promise<void> {
    try {
      const { upTo } = await this.read(1, 1)
      this.head.value = upTo
      this.error.value = undefined
    } catch (error) {
      this.error.value = error
    }
  }

  at(position: number): LogEvent | { error: unknown } | undefined {
    const { events, error } = this.partOf(position).value
    return error === undefined ? events?.[(position - 1) % pageSize] : { error }
  }

  want(first: number, last: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      for (let page = pageOf(first); page <= pageOf(last); page++) void this.load(page)
    }, restMs)
  }

  stop(): void {
    clearTimeout(this.timer)
    this.aborted.abort()
  }

  private async load(page: number): Promise<void> {
    const part = this.partOf(page * pageSize + 1)
    const { events = [] } = part.value
    if (events.length === Math.min(pageSize, this.head.value! - page * pageSize)) return
    try {
      part.value = { events: (await this.read(page * pageSize + 1, pageSize)).events }
    } catch (error) {
      if (!this.aborted.signal.aborted) part.value = { error }
    }
  }

  private read(from: number, limit: number): Promise<HistoryPage> {
    return readHistory({ from, limit }, this.aborted.signal)
  }

  private partOf(position: number): Signal<LogPart> {
    const page = pageOf(position)
    const part = this.parts.get(page) ?? signal<LogPart>({})
    this.parts.delete(page)
    this.parts.set(page, part)
    if (this.parts.size > maxPages) this.parts.delete(this.parts.keys().next().value!)
    return part
  }
}

const pageOf = (position: number) => Math.floor((position - 1) / pageSize)
