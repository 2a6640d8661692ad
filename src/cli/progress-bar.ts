const width = 24
const redrawMs = 100
const newLineMs = 10_000

interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** The progress of long work: how much is done, how fast, and the time that is left. One line on a terminal, few in a file. */
export class ProgressBar {
  private readonly startedAt = Date.now()
  private shownAt: number | undefined
  private latest: string | undefined

  constructor(
    private readonly name: string,
    private readonly output: Output,
  ) {}

  update(done: number, total: number): void {
    const now = Date.now()
    this.latest = progressLine(this.name, { done, total, ms: now - this.startedAt })
    const since = now - (this.shownAt ?? (this.output.isTTY ? 0 : this.startedAt))
    if (since >= (this.output.isTTY ? redrawMs : newLineMs)) this.show(now)
  }

  /** Shows the last state. Work that had no steps shows nothing. */
  end(): void {
    this.show(Date.now())
    if (this.shownAt !== undefined && this.output.isTTY) this.output.write('\n')
  }

  private show(now: number): void {
    if (this.latest === undefined) return
    this.shownAt = now
    this.output.write(this.output.isTTY ? `\r\u001B[K${this.latest}` : `${this.latest}\n`)
    this.latest = undefined
  }
}

export function progressLine(name: string, { done, total, ms }: { done: number; total: number; ms: number }): string {
  const part = total > 0 ? Math.min(done / total, 1) : 1
  const full = Math.floor(part * width)
  const rate = ms > 0 ? (done * 1000) / ms : 0
  const left = part === 1 || rate === 0 ? '' : `, ${span((total - done) / rate)} left`
  return `${name} ${'█'.repeat(full)}${'░'.repeat(width - full)} ${count(done)} of ${count(total)}, ${Math.floor(part * 100)} %, ${count(rate)}/s${left}`
}

const count = (value: number) => value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })

function span(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
