import { isISO8601, ValidateBy, ValidateIf, type ValidationOptions } from 'class-validator'
import { canonical } from '../event-store/canonical.js'

/** The field may be missing, but not null: nobody could say what null is to mean. */
export const MayBeUndefined = ValidateIf((_, value) => value !== undefined)

/** A text with half of a surrogate pair could not be stored as it came. */
export const IsWellFormed = (options?: ValidationOptions) =>
  ValidateBy(
    {
      name: 'isWellFormed',
      validator: {
        validate: (value) => typeof value !== 'string' || value.isWellFormed(),
        defaultMessage: () => 'has half of a surrogate pair in it',
      },
    },
    options,
  )

/** What RFC 3339 and Date agree on. ISO 8601 allows more, and a time without its zone means another time in each place. */
const dateTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/

export const isDateTime = (value: unknown): boolean =>
  typeof value === 'string' &&
  dateTime.test(value) &&
  isISO8601(value, { strict: true }) &&
  !Number.isNaN(Date.parse(value))

export const IsDateTime = () =>
  ValidateBy({
    name: 'isDateTime',
    validator: {
      validate: isDateTime,
      defaultMessage: () => 'must be a date and time such as 2026-01-31T12:00:00Z',
    },
  })

const longestJson = 64 * 1024

export const storableJson = `must be a JSON object of at most ${longestJson} characters, without halves of surrogate pairs`

export const isStorableJson = (value: unknown) => isObject(value) && canonicalLength(value) <= longestJson

/** A JSON object that can be stored exactly as it came, and is not too long. */
export const IsJsonObject = () =>
  ValidateBy({
    name: 'isJsonObject',
    validator: {
      validate: isStorableJson,
      defaultMessage: () => storableJson,
    },
  })

export const IsJsonObjects = () =>
  ValidateBy({
    name: 'isJsonObjects',
    validator: {
      validate: (value) => Array.isArray(value) && value.every(isObject) && canonicalLength(value) <= longestJson,
      defaultMessage: () => `must be JSON objects of at most ${longestJson} characters together`,
    },
  })

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Infinity for what has no canonical form. */
function canonicalLength(value: unknown): number {
  try {
    return canonical(value).length
  } catch {
    return Infinity
  }
}
