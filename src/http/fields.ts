import { applyDecorators } from '@nestjs/common'
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger'
import { Transform, Type } from 'class-transformer'
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsEmail,
  IsIn,
  IsInt,
  isISO8601,
  IsNumber,
  IsObject,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
  ValidateNested,
  type ValidationOptions,
} from 'class-validator'
import { canonical } from '../event-store/canonical.js'

/** What a field of a request or an answer is: said once, for validation and for the documentation. */
interface About {
  about?: string
  example?: unknown
  optional?: boolean
  /** May be null in answers. */
  nullable?: boolean
}

type Class = new () => object

/** Of the checks the last one comes first, as with decorators above a property: what is no text is not told how long to be. */
const field = (
  checks: PropertyDecorator[],
  { about, example, optional = false, nullable = false }: About,
  schema: ApiPropertyOptions,
) => {
  const documented = {
    ...schema,
    description: about,
    example,
    nullable: nullable || undefined,
    required: !optional,
  } as ApiPropertyOptions
  return applyDecorators(...(optional ? [mayBeLeftOut] : []), ...checks.toReversed(), ApiProperty(documented))
}

/** Null is something else: nobody could say what it is to mean. */
const mayBeLeftOut = ValidateIf((_, value) => value !== undefined)

/** Half of a surrogate pair is no text: nothing could store it as it came. */
const IsWellFormed = (options?: ValidationOptions) =>
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

export const Text = ({
  min = 0,
  max,
  pattern,
  ...about
}: About & { min?: number; max: number; pattern?: [RegExp, string] }) => {
  const checks = [Length(min, max), IsWellFormed(), IsString()]
  if (pattern) checks.unshift(Matches(pattern[0], { message: pattern[1] }))
  return field(checks, about, {
    type: String,
    ...(min > 0 && { minLength: min }),
    maxLength: max,
    ...(pattern && { pattern: pattern[0].source }),
  })
}

/** A text of an answer, or one that is checked elsewhere. */
export const Words = (about: About = {}) => field([IsString()], about, { type: String })

/** Several of them. */
export const WordList = (about: About = {}) => field([IsArray()], about, { type: String, isArray: true })

export const Email = (about: About = {}) =>
  field([IsEmail({}, { message: 'must be an email address' }), Length(3, 254), IsWellFormed(), IsString()], about, {
    type: String,
    format: 'email',
    maxLength: 254,
  })

export const Choice = (values: readonly string[], { name, ...about }: About & { name?: string } = {}) =>
  field([IsIn(values, { message: `must be one of ${values.join(', ')}` })], about, {
    enum: [...values],
    ...(name && { enumName: name }),
  })

interface Range {
  min?: number
  max?: number
  /** In a query it comes as a word. */
  inQuery?: boolean
}

const fromWord = Transform(({ value }) =>
  typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : (value as unknown),
)

const numeric =
  (check: PropertyDecorator, type: string) =>
  ({ min, max, inQuery = false, ...about }: About & Range = {}) => {
    const checks = [
      ...(min === undefined ? [] : [Min(min)]),
      ...(max === undefined ? [] : [Max(max)]),
      check,
      ...(inQuery ? [fromWord] : []),
    ]
    return field(checks, about, { type, minimum: min, maximum: max } as ApiPropertyOptions)
  }

export const Whole = numeric(IsInt(), 'integer')
export const Decimal = numeric(IsNumber({ allowNaN: false, allowInfinity: false }), 'number')

/** In a query it comes as a word. */
export const Flag = (about: About = {}) =>
  field([IsBoolean(), Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : value))], about, {
    type: Boolean,
  })

/** As RFC 3339 and Date agree: ISO 8601 knows more, and a time without its zone is another one in each place. */
const moment = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/

export const isMoment = (value: unknown): boolean =>
  typeof value === 'string' &&
  moment.test(value) &&
  isISO8601(value, { strict: true }) &&
  !Number.isNaN(Date.parse(value))

const IsMoment = () =>
  ValidateBy({
    name: 'isMoment',
    validator: {
      validate: isMoment,
      defaultMessage: () => 'must be a date and time such as 2026-01-31T12:00:00Z',
    },
  })

export const Moment = (about: About = {}) => field([IsMoment()], about, { type: String, format: 'date-time' })

/** One of these inside. */
export const Part = (type: () => Class, about: About = {}) =>
  field([ValidateNested(), IsObject(), Type(type)], about, { type: type() })

/** A list of these inside. Checking costs time for each, so every list has a limit. */
export const Parts = (
  type: () => Class,
  { min = 0, max = 200, ...about }: About & { min?: number; max?: number } = {},
) =>
  field(
    [
      ArrayMinSize(min),
      ArrayMaxSize(max),
      IsArray(),
      ValidateNested({ each: true }),
      IsObject({ each: true }),
      Type(type),
    ],
    about,
    { type: type(), isArray: true },
  )

/** A list of short texts. */
export const Texts = ({ min, max, items, ...about }: About & { min: number; max: number; items: number }) => {
  const each = { each: true }
  const checks = [ArrayMaxSize(items), Length(min, max, each), IsWellFormed(each), IsString(each), IsArray()]
  return field(checks, about, { type: String, isArray: true, maxItems: items })
}

const longestJson = 64 * 1024

/** What can be stored faithfully, and is no larger than it should be. */
const IsJson = () =>
  ValidateBy({
    name: 'isJson',
    validator: {
      validate: (value) => isPlain(value) && canonicalLength(value) <= longestJson,
      defaultMessage: () =>
        `must be a JSON object of at most ${longestJson} characters, without halves of surrogate pairs`,
    },
  })

/** Any JSON object. */
export const Json = (about: About = {}) => field([IsJson()], about, { type: 'object', additionalProperties: true })

/** A list of them. */
export const Jsons = (about: About = {}) =>
  field([IsJsonList(), ArrayMaxSize(100), IsArray()], about, {
    type: 'object',
    additionalProperties: true,
    isArray: true,
  })

const IsJsonList = () =>
  ValidateBy({
    name: 'isJsonList',
    validator: {
      validate: (value) => Array.isArray(value) && value.every(isPlain) && canonicalLength(value) <= longestJson,
      defaultMessage: () => `must be JSON objects of at most ${longestJson} characters together`,
    },
  })

const isPlain = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

function canonicalLength(value: unknown): number {
  try {
    return canonical(value).length
  } catch {
    return Infinity
  }
}
