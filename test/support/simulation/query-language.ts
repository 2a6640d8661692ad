import { isDeepStrictEqual } from 'node:util'

/**
 * The part of MongoDB's query language that the engine uses: filters, expressions, updates. An operator that is not
 * here throws: add it, and let `memory-database.test.ts` compare it with a real mongod.
 */
export type Doc = Readonly<Record<string, unknown>>

export function matches(doc: Doc, filter: Doc, now: Date): boolean {
  return Object.entries(filter).every(([name, condition]) => {
    if (name === '$or') return (condition as Doc[]).some((one) => matches(doc, one, now))
    if (name === '$expr') return isTrue(evaluate(condition, doc, now))
    if (name.startsWith('$')) throw unknown(name)
    return meets(fieldOf(doc, name), condition)
  })
}

function meets(value: unknown, condition: unknown): boolean {
  if (!isOperators(condition)) return isSame(value ?? null, condition ?? null)
  return Object.entries(condition).every(([operator, argument]) => {
    switch (operator) {
      case '$exists':
        return (value !== undefined) === argument
      case '$in':
        return (argument as unknown[]).some((one) => isSame(value, one))
      case '$ne':
        return !isSame(value ?? null, argument)
      case '$not':
        return !meets(value, argument)
      case '$gt':
        return isComparable(value, argument) && compare(value, argument) > 0
      case '$gte':
        return isComparable(value, argument) && compare(value, argument) >= 0
      case '$lt':
        return isComparable(value, argument) && compare(value, argument) < 0
      case '$lte':
        return isComparable(value, argument) && compare(value, argument) <= 0
      default:
        throw unknown(operator)
    }
  })
}

const remove = Symbol('$$REMOVE')

/** An aggregation expression. */
function evaluate(expression: unknown, doc: Doc, now: Date): unknown {
  if (expression === '$$NOW') return now
  if (expression === '$$REMOVE') return remove
  if (typeof expression === 'string') return expression.startsWith('$') ? fieldOf(doc, expression.slice(1)) : expression
  if (Array.isArray(expression)) return expression.map((one) => evaluate(one, doc, now))
  if (!isPlain(expression)) return expression
  const [[operator, argument] = ['', undefined]] = Object.entries(expression)
  if (!operator.startsWith('$')) return mapFields(expression, (field) => evaluate(field, doc, now))
  if (operator === '$cond') {
    const [condition, then, otherwise] = argument as unknown[]
    return evaluate(isTrue(evaluate(condition, doc, now)) ? then : otherwise, doc, now)
  }
  return operate(operator, evaluate(argument, doc, now) as unknown[])
}

function operate(operator: string, values: unknown[]): unknown {
  const [a, b] = values
  switch (operator) {
    case '$and':
      return values.every(isTrue)
    case '$or':
      return values.some(isTrue)
    case '$not':
      return !isTrue(a)
    case '$eq':
      return isSame(a, b)
    case '$gt':
      return compare(a, b) > 0
    case '$lt':
      return compare(a, b) < 0
    case '$add':
      return a instanceof Date ? new Date(a.getTime() + Number(b)) : Number(a) + Number(b)
    case '$subtract':
      return a instanceof Date ? new Date(a.getTime() - Number(b)) : Number(a) - Number(b)
    case '$ifNull':
      return a ?? b
    case '$concatArrays':
      return values.flat()
    case '$setDifference':
      return (a as unknown[]).filter((one) => !(b as unknown[]).includes(one))
    default:
      throw unknown(operator)
  }
}

/** The document after an update: operators, a pipeline or a replacement. `isNew`: an upsert inserts it. */
export function update(doc: Doc, change: Doc | readonly Doc[], now: Date, isNew = false): Doc {
  if (isPipeline(change)) return change.reduce((before, stage) => runStage(before, stage, now), doc)
  if (!Object.keys(change)[0]?.startsWith('$')) return { _id: doc._id, ...change }
  const { $set = {}, $unset = {}, $setOnInsert = {}, ...others } = change as Record<string, Doc>
  for (const operator of Object.keys(others)) throw unknown(operator)
  return without({ ...doc, ...$set, ...(isNew && $setOnInsert) }, Object.keys($unset))
}

const isPipeline = (change: Doc | readonly Doc[]): change is readonly Doc[] => Array.isArray(change)

function runStage(doc: Doc, stage: Doc, now: Date): Doc {
  const [[operator, argument] = ['', undefined]] = Object.entries(stage)
  switch (operator) {
    case '$set': {
      const fields = Object.entries(argument as Doc).map(([name, field]) => [name, evaluate(field, doc, now)] as const)
      const removed = fields.filter(([, value]) => value === remove).map(([name]) => name)
      return without({ ...doc, ...Object.fromEntries(fields) }, removed)
    }
    case '$unset':
      return without(doc, argument as string[])
    case '$replaceWith':
      return evaluate(argument, doc, now) as Doc
    default:
      throw unknown(operator)
  }
}

/** Smaller, equal or larger; what is missing is smaller than everything. */
export function compare(a: unknown, b: unknown): number {
  const [x, y] = [orderOf(a), orderOf(b)]
  if (x === undefined || y === undefined) return Number(x !== undefined) - Number(y !== undefined)
  return x < y ? -1 : x > y ? 1 : 0
}

const orderOf = (value: unknown): number | string | undefined =>
  value instanceof Date ? value.getTime() : ((value as number | string | null) ?? undefined)

const isComparable = (a: unknown, b: unknown): boolean => typeof a === typeof b && a !== null

const isTrue = (value: unknown): boolean => value !== undefined && value !== null && value !== false && value !== 0

export function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  return isDeepStrictEqual(a, b)
}

const fieldOf = (doc: Doc, path: string): unknown =>
  path.includes('.')
    ? path.split('.').reduce<unknown>((value, name) => (value as Doc | undefined)?.[name], doc)
    : doc[path]

const isOperators = (value: unknown): value is Doc =>
  isPlain(value) && Object.keys(value).length > 0 && Object.keys(value).every((name) => name.startsWith('$'))

const isPlain = (value: unknown): value is Doc =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

const without = (doc: Doc, names: readonly string[]): Doc =>
  names.length === 0 ? doc : Object.fromEntries(Object.entries(doc).filter(([name]) => !names.includes(name)))

const mapFields = (doc: Doc, of: (field: unknown) => unknown): Doc =>
  Object.fromEntries(Object.entries(doc).map(([name, field]) => [name, of(field)]))

/** As a database would keep it: nobody who has the original can change it, and undefined fields are left out. */
export function stored(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(stored))
  if (!isPlain(value)) return value
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(value)) if (value[name] !== undefined) copy[name] = stored(value[name])
  return Object.freeze(copy)
}

const unknown = (operator: string) => new Error(`the memory database does not know ${operator}`)
