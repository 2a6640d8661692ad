import { IntersectionType, OmitType } from '@nestjs/swagger'
import { AskBody, AskParams } from '../../chat/api/realtime/ai.dto.js'
import type { LoggedMessageDto } from '../../chat/api/logging/chat-log.dto.js'
import { asLoggedMessage } from '../../chat/api/logging/chat-log.presenter.js'
import { idempotencyKey } from '../../commands/cause.js'
import { Text, Integer } from '../../http/fields.js'
import { invalidFields, validationPipe } from '../../http/validation.js'
import type { Emission } from '../reader-progress.js'

export class LeaveBody extends AskParams {}

export class JoinBody extends AskParams {
  @Integer({
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    optional: true,
    about: 'The last position seen: what came after it is sent first',
  })
  after?: number
}

/** Tools are declared over HTTP. */
class SocketAskBody extends OmitType(AskBody, ['tools', 'toolChoice', 'parallelToolCalls']) {}

export class SocketPromptBody extends IntersectionType(AskParams, SocketAskBody) {
  @Text({ min: 1, max: 255, optional: true, pattern: [idempotencyKey, 'must be printable characters without spaces'] })
  commandId?: string
}

type Body = LeaveBody | JoinBody | SocketPromptBody

/** No event takes so many. */
const mostFields = 20
const pipe = validationPipe()

/**
 * Turns what a client has sent into the body that the event takes, or refuses it and names the wrong field. Looks at
 * nothing inside the fields: they are all scalars.
 */
export async function readPayload<T extends Body>(type: new () => T, payload: unknown): Promise<T> {
  const object = typeof payload === 'string' ? { chatId: payload } : payload
  if (typeof object !== 'object' || object === null || Array.isArray(object) || object instanceof Uint8Array) {
    throw invalidFields([{ field: 'payload', message: 'must be an object with a chatId, or the chatId itself' }])
  }
  const entries = Object.entries(object)
    .slice(0, mostFields)
    .map(([field, value]) => [field, shallow(value)])
  return (await pipe.transform(Object.fromEntries(entries), { type: 'body', metatype: type })) as T
}

const shallow = (value: unknown) => (typeof value === 'object' && value !== null ? {} : value)

/** The data of an event that a client receives. Messages have the shape of `GET /api/:chatId/messages`. */
export function emissionPayload([event, data]: Emission): object {
  if (event === 'message') return { ...data, message: asLoggedMessage(data.message) }
  return event === 'message-edited' ? { ...data, message: editedFields(asLoggedMessage(data.message)) } : data
}

/** What an edit sets. */
function editedFields(message: LoggedMessageDto): object {
  const { status: _, feedback: __, promptId: ___, model: ____, error: _____, createdAt: ______, ...edited } = message
  return edited
}
