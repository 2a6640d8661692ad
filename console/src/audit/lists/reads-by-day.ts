import type { Line } from '../../ui/plot-line.js'

interface Read {
  readonly at: string
  readonly by: { readonly id: string; readonly email?: string; readonly name?: string }
}

export interface ReadsByDay {
  /** When each day begins, in seconds; days without a read are among them. */
  readonly times: readonly number[]
  readonly lines: readonly Line[]
}

const daySeconds = 86_400
/** One day alone is no course. */
const leastDays = 7
/** A line each for those who read most, and one for all others. */
const mostLines = 3

/** How many of these reads each person made on each day, in UTC. */
export function readsByDay(reads: readonly Read[]): ReadsByDay {
  if (reads.length === 0) return { times: [], lines: [] }
  const dayOf = ({ at }: Read) => Math.floor(Date.parse(at) / 1000 / daySeconds)
  const days = reads.map(dayOf)
  const last = Math.max(...days)
  const first = Math.min(last + 1 - leastDays, ...days)
  const byReader = new Map<string, Read[]>()
  for (const read of reads) {
    const { id } = read.by
    byReader.set(id, [...(byReader.get(id) ?? []), read])
  }
  const most = [...byReader.values()].toSorted((one, other) => other.length - one.length)
  const lineOf = (label: string, own: readonly Read[]): Line => {
    const values = Array.from({ length: last - first + 1 }, () => 0)
    for (const read of own) values[dayOf(read) - first]!++
    return { label, values }
  }
  const lines = most.slice(0, mostLines).map((own) => lineOf(nameOf(own[0]!), own))
  const others = most.slice(mostLines).flat()
  return {
    times: Array.from({ length: last - first + 1 }, (_, i) => (first + i) * daySeconds),
    lines: others.length > 0 ? [...lines, lineOf('others', others)] : lines,
  }
}

const nameOf = ({ by: { id, email, name } }: Read) => name ?? email ?? id
