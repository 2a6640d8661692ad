import { refusal } from './validation.js'
import { Text, Whole } from './fields.js'

/** The query of a list. */
export class PageQuery {
  @Whole({ about: 'How many at most', min: 1, max: 200, optional: true, inQuery: true, example: 50 })
  limit: number = 50

  @Text({ about: 'Where to go on: the nextCursor of the page before', max: 500, optional: true })
  cursor?: string
}

export interface Page<Item> {
  items: Item[]
  nextCursor?: string
}

/** A place in a sorted list, opaque to clients. */
export const cursorOf = (...place: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url')

/** The parts of a cursor, each of the type the list sorts by; undefined without a cursor. */
export function placeOf<Types extends readonly ('string' | 'number')[]>(
  cursor: string | undefined,
  ...types: Types
): PlaceOf<Types> | undefined {
  if (cursor === undefined) return undefined
  const place = parsed(cursor)
  const fits =
    Array.isArray(place) &&
    place.length === types.length &&
    types.every((type, i) => typeof place[i] === type && isPlace(place[i]))
  if (!fits) throw refusal([{ field: 'cursor', message: 'must be the nextCursor of an earlier answer' }])
  return place as unknown as PlaceOf<Types>
}

type PlaceOf<Types extends readonly ('string' | 'number')[]> = {
  [I in keyof Types]: Types[I] extends 'number' ? number : string
}

/** A number is a position, a count or a time. */
const isPlace = (part: unknown) => typeof part !== 'number' || Math.abs(part) <= lastMoment
const lastMoment = 8_640_000_000_000_000

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}

/** One more than the page was read, to know whether there is a next one. */
export function pageOf<Item>(
  found: readonly Item[],
  limit: number,
  place: (last: Item) => readonly (string | number)[],
): Page<Item> {
  const items = found.slice(0, limit)
  return { items, ...(found.length > limit && { nextCursor: cursorOf(...place(items.at(-1)!)) }) }
}
