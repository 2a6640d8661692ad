import type { OpenAPIObject } from '@nestjs/swagger'

type Headers = NonNullable<NonNullable<OpenAPIObject['components']>['headers']>

const text = (description: string, example: string) => ({ description, schema: { type: 'string', example } })
const count = (description: string, example: number) => ({ description, schema: { type: 'integer', example } })

/** Every header that answers may have and that means something to a client. */
export const answerHeaders = {
  'X-Request-Id': text('Names this request in the service’s log', '3f0c8d4e-8a55-4c0b-9d0e-1c2d3e4f5a6b'),
  'RateLimit-Limit': count('How many requests the caller may make in a window', 3000),
  'RateLimit-Remaining': count('How many of them are left', 2999),
  'RateLimit-Reset': count('Seconds until all of them are left again', 900),
  'Retry-After': count('Seconds to wait before the next request', 1),
  'Log-Position': count('The position of the command’s last event: send it as Min-Log-Position', 4711),
  'Read-Models-Behind': text(
    'Read models that are late, paused or broken, and how far they are',
    'chats;position=4700',
  ),
  Location: text('Where the progress or the answer can be read', '/chat/replies/3f0c8d4e-8a55-4c0b-9d0e-1c2d3e4f5a6b'),
  'WWW-Authenticate': text('How to say who makes the request', 'Bearer'),
} satisfies Headers

export type AnswerHeader = keyof typeof answerHeaders

const always = ['X-Request-Id'] as const
const limits = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'] as const

export function headersOf(status: number, method: string): Record<string, { $ref: string }> {
  const names: AnswerHeader[] = [
    ...always,
    ...(status < 300 || status === 429 ? limits : []),
    ...(status < 300 ? [method === 'get' ? ('Read-Models-Behind' as const) : ('Log-Position' as const)] : []),
    ...(status === 202 ? ['Location' as const] : []),
    ...(status === 429 || status === 503 ? ['Retry-After' as const] : []),
    ...(status === 401 ? ['WWW-Authenticate' as const] : []),
  ]
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}
