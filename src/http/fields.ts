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
  IsISO8601,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator'

/** What a field of a request or an answer is: said once, for validation and for the documentation. */
interface About {
  about?: string
  example?: unknown
  optional?: boolean
  /** May be null in answers. */
  nullable?: boolean
}

type Class = new () => object

const field = (checks: PropertyDecorator[], { about, example, optional = false, nullable = false }: About, schema: ApiPropertyOptions) => {
  const documented = { ...schema, description: about, example, nullable: nullable || undefined, required: !optional } as ApiPropertyOptions
  return applyDecorators(...(optional ? [IsOptional()] : []), ...checks, ApiProperty(documented))
}

/** Half of a surrogate pair is no text: nothing could store it as it came. */
const IsWellFormed = () =>
  ValidateBy({
    name: 'isWellFormed',
    validator: {
      validate: (value) => typeof value !== 'string' || value.isWellFormed(),
      defaultMessage: () => 'has half of a surrogate pair in it',
    },
  })

export const Text = ({ min = 0, max, pattern, ...about }: About & { min?: number; max: number; pattern?: [RegExp, string] }) => {
  const checks = [Length(min, max), IsWellFormed(), IsString()]
  if (pattern) checks.unshift(Matches(pattern[0], { message: pattern[1] }))
  return field(checks, about, { type: String, ...(min > 0 && { minLength: min }), maxLength: max, ...(pattern && { pattern: pattern[0].source }) })
}

/** A text of an answer, or one that is checked elsewhere. */
export const Words = (about: About = {}) => field([IsString()], about, { type: String })

export const Email = (about: About = {}) =>
  field([IsEmail({}, { message: 'must be an email address' }), Length(3, 254), IsString()], about, { type: String, format: 'email', maxLength: 254 })

export const Choice = (values: readonly string[], { name, ...about }: About & { name?: string } = {}) =>
  field([IsIn(values, { message: `must be one of ${values.join(', ')}` })], about, { enum: [...values], ...(name && { enumName: name }) })

const numeric = (check: PropertyDecorator, type: string) => ({ min, max, ...about }: About & { min?: number; max?: number } = {}) => {
  const checks = [...(min === undefined ? [] : [Min(min)]), ...(max === undefined ? [] : [Max(max)]), check, Type(() => Number)]
  return field(checks, about, { type, minimum: min, maximum: max } as ApiPropertyOptions)
}

export const Whole = numeric(IsInt(), 'integer')
export const Decimal = numeric(IsNumber({ allowNaN: false, allowInfinity: false }), 'number')

/** In a query it comes as a word. */
export const Flag = (about: About = {}) =>
  field([IsBoolean(), Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : value))], about, { type: Boolean })

export const Moment = (about: About = {}) => field([IsISO8601({ strict: true })], about, { type: String, format: 'date-time' })

/** One of these inside. */
export const Part = (type: () => Class, about: About = {}) => field([ValidateNested(), Type(type)], about, { type })

/** A list of these inside. Checking costs time for each, so every list has a limit. */
export const Parts = (type: () => Class, { min = 0, max = 200, ...about }: About & { min?: number; max?: number } = {}) =>
  field([ArrayMinSize(min), ArrayMaxSize(max), IsArray(), ValidateNested({ each: true }), Type(type)], about, { type, isArray: true })
