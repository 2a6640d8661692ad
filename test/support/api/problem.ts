import { isOpenAiPath } from '../../../src/http/openai-api.js'
import type { Answered } from '../world.js'

/** The one shape that every error has, whoever found it. */
export function expectProblem(
  answered: Answered,
  path: string,
  { status, code, field }: { status?: number; code?: string; field?: string } = {},
): void {
  const { headers, body } = answered
  const told = `${path} → ${answered.status} ${JSON.stringify(body)?.slice(0, 500)}`
  if (status !== undefined && answered.status !== status) throw new Error(`expected ${status}: ${told}`)
  if (isOpenAiPath(path)) return expectOpenAiError(answered, told, code)
  if (!isProblem(answered)) throw new Error(`no problem document: ${told}`)
  if (body.correlationId !== headers.get('x-request-id'))
    throw new Error(`another correlation id than ${headers.get('x-request-id')}: ${told}`)
  if (/^\/api(\/|$|\?)/.test(path) && (body.success !== false || body.message !== body.detail))
    throw new Error(`not as /api promises: ${told}`)
  if (/node_modules|\.(js|ts):\d|\n {4}at /.test(JSON.stringify(body))) throw new Error(`shows its inside: ${told}`)
  if (code !== undefined && body.code !== code) throw new Error(`expected ${code}: ${told}`)
  if (field !== undefined && !fieldsOf(answered).some((name) => name === field))
    throw new Error(`expected ${field} to be named: ${told}`)
}

/** Their clients look for other names. */
function expectOpenAiError({ headers, body }: Answered, told: string, code: string | undefined): void {
  const { message, type, param, code: theirs } = body.error ?? {}
  const isText = (value: unknown) => typeof value === 'string' && value.length > 0
  if (!headers.get('content-type')?.startsWith('application/json') || ![message, type, theirs].every(isText))
    throw new Error(`not as OpenAI's clients expect: ${told}`)
  if (param !== null && !isText(param)) throw new Error(`a param that is no text: ${told}`)
  if (!headers.get('x-request-id')) throw new Error(`without an id: ${told}`)
  if (/node_modules|\.(js|ts):\d|\n {4}at /.test(JSON.stringify(body))) throw new Error(`shows its inside: ${told}`)
  const known: Record<string, string> = { unauthenticated: 'invalid_api_key', rate_limited: 'rate_limit_exceeded' }
  if (code !== undefined && theirs !== (known[code] ?? code)) throw new Error(`expected ${code}: ${told}`)
}

function isProblem({ status, headers, body }: Answered): boolean {
  if (!headers.get('content-type')?.startsWith('application/problem+json')) return false
  const isText = (value: unknown) => typeof value === 'string' && value.length > 0
  return (
    body.status === status &&
    URL.canParse(body.type) &&
    ['title', 'detail', 'code', 'correlationId'].every((name) => isText(body[name]))
  )
}

/** The fields that a refusal names. */
export const fieldsOf = ({ body }: Answered): string[] => {
  const theirs = body.error?.param as string | null | undefined // under /v1, one field is named
  if (typeof theirs === 'string') return [theirs.replaceAll(/\[(\d+)\]/g, '.$1')]
  return (body.errors ?? []).map(({ field, message }: { field: string; message: string }) => message && field)
}
