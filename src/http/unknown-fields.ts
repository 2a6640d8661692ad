import { getMetadataStorage } from 'class-validator'
import type { FieldError } from './problems.js'

const longestShown = 60

/** What is said of a field that an operation does not take: nothing that somebody meant is dropped in silence. */
function aboutUnknown(name: string, known: readonly string[]): string {
  const nearest = nearestOf(name, known)
  if (nearest) return `is not known here; did you mean ${nearest}?`
  return known.length > 0
    ? `is not known here; leave it out, or use one of ${known.join(', ')}`
    : 'is not known here; leave it out'
}

/** The fields of an object's class, which has checks for each of them. */
export function fieldsOf(checked: object): string[] {
  // Not `constructor`: the object may have a field of that name.
  const { constructor: type } = Object.getPrototypeOf(checked) as { constructor: Function }
  const checks = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false)
  return [...new Set(checks.map(({ propertyName }) => propertyName))]
}

export const unknownField = (name: string, known: readonly string[], parent = ''): FieldError => ({
  field: `${parent}${name.slice(0, longestShown)}`,
  message: aboutUnknown(name, known),
})

/** The known name that takes the fewest changes of letters, if they are few. */
function nearestOf(name: string, known: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(name.length / 3))
  const plain = (text: string) =>
    text
      .slice(0, longestShown)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]/g, '')
  const near = known
    .map((candidate) => ({ candidate, changes: changesBetween(plain(name), plain(candidate)) }))
    .filter(({ changes }) => changes <= most)
  return near.toSorted((a, b) => a.changes - b.changes)[0]?.candidate
}

/** Levenshtein: letters that are added, left out or replaced. */
function changesBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j)
  for (let i = 1; i <= from.length; i++) {
    const above = row
    row = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = above[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1)
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1))
    }
  }
  return row.at(-1)!
}
