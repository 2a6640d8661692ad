/** One line of /metrics. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Prometheus' text format, as far as the service uses it. */
export function parseMetrics(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    return name === undefined ? [] : [{ name, labels: labelsIn(labels), value: Number(value) }]
  })
}

const labelsIn = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [
      name!,
      value!.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter)),
    ]),
  )

/** All samples of one scrape. */
export class Scrape {
  constructor(
    readonly samples: readonly Sample[],
    /** In milliseconds. */
    readonly at: number,
  ) {}

  all(name: string, labels: Record<string, string> = {}): Sample[] {
    return this.samples.filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    )
  }

  /** Over all labels that are not named; null if there is no sample. */
  sum(name: string, labels: Record<string, string> = {}): number | null {
    const found = this.all(name, labels)
    return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0)
  }

  /** Values of a label, in their order. */
  valuesOf(name: string, label: string): string[] {
    return [...new Set(this.all(name).flatMap(({ labels }) => labels[label] ?? []))]
  }
}
