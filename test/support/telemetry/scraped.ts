/** One line of Prometheus's text format. */
export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

/** What processes said when they were scraped. */
export class Scraped {
  private constructor(
    readonly text: string,
    readonly samples: readonly Sample[],
  ) {}

  static async from(...urls: string[]): Promise<Scraped> {
    const texts = await Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`)).text()))
    const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line && !line.startsWith('#'))
    return new Scraped(texts.join('\n'), lines.map(sample))
  }

  /** Of all processes, with at least these labels. */
  of(name: string, labels: Record<string, string> = {}): Sample[] {
    return this.samples.filter(
      (one) => one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
    )
  }

  /** Over all processes: for what each counts for itself. */
  sum(name: string, labels: Record<string, string> = {}): number {
    return this.of(name, labels).reduce((sum, { value }) => sum + value, 0)
  }

  /** The one value that all processes tell. Undefined while they were scraped too far apart to agree, and when none has any. */
  value(name: string, labels: Record<string, string> = {}): number | undefined {
    const values = new Set(this.of(name, labels).map(({ value }) => value))
    return values.size === 1 ? [...values][0] : undefined
  }

  /** Every value that a label has. */
  labels(name: string, label: string): string[] {
    return [...new Set(this.of(name).map(({ labels }) => labels[label]!))].sort()
  }

  /** Whether all was looked up in time: under load a part may be missing from a scrape, and is in the next one. */
  get isComplete(): boolean {
    return this.of('verbatim_scrape_complete').every(({ value }) => value === 1)
  }

  /** What a failure shows of it. */
  toJSON(): string[] {
    return this.text.split('\n').filter((line) => line.startsWith('verbatim_') && !line.includes('_bucket{'))
  }

  get names(): Set<string> {
    return new Set(this.samples.map(({ name }) => name))
  }
}

function sample(line: string): Sample {
  const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
  if (!name) throw new Error(`this is no sample: ${line}`)
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label, text])
  return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }
}
