import { IntersectionType } from '@nestjs/swagger'
import { AskBody } from '../../chat/api/realtime/ai.dto.js'
import { LoggedChatParams } from '../../chat/api/logging/chat-log.dto.js'
import { idempotencyKey } from '../../commands/cause.js'
import { Text, Integer } from '../../http/fields.js'
import { invalidFields, validationPipe } from '../../http/validation.js'

export class LeaveBody extends LoggedChatParams {}

export class JoinBody extends LoggedChatParams {
  @Integer({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    optional: true,
    about: 'The last position seen: what came after it is sent first',
  })
  after?: number
}

export class SocketPromptBody extends IntersectionType(LoggedChatParams, AskBody) {
  @Text({ min: 1, max: 255, optional: true, pattern: [idempotencyKey, 'must be printable characters without spaces'] })
  commandId?: string
}

type Body = LeaveBody | JoinBody | SocketPromptBody

const fields = ['chatId', 'after', 'content', 'model', 'commandId'] as const
const pipe = validationPipe()

/**
 * Whatever a client has sent, as what it should be, or refused with the field that is wrong. Only the fields that we
 * know are looked at, and none is looked into: they are all scalars.
 */
export async function readPayload<T extends Body>(type: new () => T, payload: unknown): Promise<T> {
  const object = typeof payload === 'string' ? { chatId: payload } : payload
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    throw invalidFields([{ field: 'payload', message: 'must be an object with a chatId, or the chatId itself' }])
  }
  const sent = fields
    .filter((field) => Object.hasOwn(object, field))
    .map((field) => [field, shallow((object as Record<string, unknown>)[field])])
  return (await pipe.transform(Object.fromEntries(sent), { type: 'body', metatype: type })) as T
}

const shallow = (value: unknown) => (typeof value === 'object' && value !== null ? {} : value)
