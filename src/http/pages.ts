import type { Model } from 'mongoose'
import { notRemoved } from '../event-store/projecting/projection.js'
import { findInOneReply, retryWhenReplaced } from '../event-store/projecting/read-model-queries.js'
import { Text, Integer } from './fields.js'
import { invalidFields } from './validation.js'

/** The query of a list. */
export class PageQuery {
  @Integer({ about: 'How many at most', min: 1, max: 200, optional: true, inQuery: true, example: 50 })
  limit: number = 50

  @Text({ about: 'The nextCursor of the page before', max: 500, optional: true })
  cursor?: string
}

export interface Page<Item> {
  items: Item[]
  nextCursor?: string
}

type SortField<Doc> = readonly [field: keyof Doc & string, direction: 1 | -1, type: 'date' | 'number' | 'string']

/** The order of a list. Its fields together must differ in all documents of the list: a cursor names one of them. */
export class ListOrder<Doc> {
  private readonly fields: readonly SortField<Doc>[]

  constructor(...fields: readonly SortField<Doc>[]) {
    this.fields = fields
  }

  get sort(): Record<string, 1 | -1> {
    return Object.fromEntries(this.fields.map(([field, direction]) => [field, direction]))
  }

  /** A filter for everything that comes after this document. */
  after(last: Doc): object {
    const after = this.fields.map(([field, direction], i) => ({
      ...Object.fromEntries(this.fields.slice(0, i).map(([earlier]) => [earlier, last[earlier]])),
      [field]: { [direction === 1 ? '$gt' : '$lt']: last[field] },
    }))
    return after.length === 1 ? after[0]! : { $or: after }
  }

  /** The parts of a cursor that names this document. */
  cursorPartsOf(doc: Doc): (string | number)[] {
    return this.fields.map(([field]) => {
      const value: unknown = doc[field]
      return value instanceof Date ? value.getTime() : (value as string | number)
    })
  }

  /** The sorted fields of the document that a cursor names; undefined without a cursor. */
  parse(cursor: string | undefined): Doc | undefined {
    const place = parseCursor(cursor, ...this.fields.map(([, , type]) => (type === 'string' ? 'string' : 'number')))
    if (!place) return undefined
    const values = this.fields.map(([field, , type], i) => [field, type === 'date' ? new Date(place[i]!) : place[i]])
    return Object.fromEntries(values) as Doc
  }
}

export const newestFirst = new ListOrder<{ createdAt: Date; _id: string }>(
  ['createdAt', -1, 'date'],
  ['_id', -1, 'string'],
)

/** One page of a read model. */
export async function findPage<Sorted, Doc extends Sorted>(
  model: Model<Doc>,
  filter: object,
  order: ListOrder<Sorted>,
  { limit, cursor }: Pick<PageQuery, 'limit' | 'cursor'>,
): Promise<Page<Doc>> {
  const last = order.parse(cursor)
  const wanted = { ...filter, ...notRemoved }
  const find = () =>
    findInOneReply(
      model
        .find(last === undefined ? wanted : { $and: [wanted, order.after(last)] })
        .sort(order.sort)
        .limit(limit + 1)
        .lean<Doc[]>(),
    )
  return pageOf(await retryWhenReplaced(find), limit, (doc) => order.cursorPartsOf(doc))
}

/** The same page of what is made of each item. */
export async function mapPage<From, To>(
  { items, ...rest }: Page<From>,
  make: (item: From) => To | Promise<To>,
): Promise<Page<To>> {
  return { items: await Promise.all(items.map((item) => make(item))), ...rest }
}

/** A page of what was found: one more than the limit was looked for, to know whether there is a next page. */
export function pageOf<Item>(
  found: readonly Item[],
  limit: number,
  place: (last: Item) => readonly (string | number)[],
): Page<Item> {
  const items = found.slice(0, limit)
  return { items, ...(found.length > limit && { nextCursor: cursorOf(...place(items.at(-1)!)) }) }
}

/** A place in a sorted list, opaque to clients. */
export const cursorOf = (...place: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url')

/** The parts of a cursor, each of the type that the list sorts by; undefined without a cursor. */
export function parseCursor<Types extends readonly ('string' | 'number')[]>(
  cursor: string | undefined,
  ...types: Types
): CursorParts<Types> | undefined {
  if (cursor === undefined) return undefined
  const parts = jsonIn(cursor)
  const fits =
    Array.isArray(parts) &&
    parts.length === types.length &&
    types.every((type, i) => typeof parts[i] === type && isInRange(parts[i]))
  if (!fits) throw badCursor()
  return parts as unknown as CursorParts<Types>
}

export const badCursor = () =>
  invalidFields([{ field: 'cursor', message: 'must be the nextCursor of an earlier answer' }])

type CursorParts<Types extends readonly ('string' | 'number')[]> = {
  [I in keyof Types]: Types[I] extends 'number' ? number : string
}

/** A number is a position, a count or a time: no Date holds a later one than this. */
const isInRange = (part: unknown) => typeof part !== 'number' || Math.abs(part) <= 8_640_000_000_000_000

function jsonIn(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}
