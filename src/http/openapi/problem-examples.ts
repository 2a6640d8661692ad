import { ApiExtension } from '@nestjs/swagger'
import { problemTexts } from '../problem-texts.js'
import { makeProblem, type ProblemCode, problemCodes, statusOfCode } from '../problems.js'

/** The codes with which any operation may refuse a request. Others are those of some handlers alone. */
const common = new Set<ProblemCode>([
  'invalid',
  'malformed',
  'unauthenticated',
  'missing_scope',
  'not_found',
  'request_timeout',
  'too_large',
  'address_too_long',
  'unsupported_media_type',
  'command_reused',
  'rate_limited',
  'headers_too_large',
  'unavailable',
  'newer_event',
  'unknown_event',
])

/** No operation answers the first one, and errors under /v1 have another shape. */
const nowhereDocumented = new Set<ProblemCode>(['route_not_found', 'unsupported_parameter', 'outputs_missing'])

/** An example of each problem that an operation may answer. */
export const problemExamples = Object.fromEntries(
  problemCodes
    .filter((code) => !nowhereDocumented.has(code))
    .map((code) => {
      const { cause, cure } = problemTexts[code]
      const detail = `${cause[0]!.toLowerCase()}${cause.slice(1)}`
      const errors = code === 'invalid' ? { errors: [{ field: 'text', message: 'must be a string' }] } : {}
      return [code, { summary: cure, value: makeProblem(code, detail, errors) }]
    }),
)

/** For the documentation: with which other codes a handler may refuse. */
export const Refuses = (...codes: readonly ProblemCode[]) => ApiExtension('x-codes', codes)

/** The codes that an answer with this status may have. */
export const codesOf = (status: number, own: readonly ProblemCode[]): ProblemCode[] =>
  problemCodes.filter((code) => statusOfCode(code) === status && (common.has(code) || own.includes(code)))
