import { z } from 'zod'
import { whenErasureIsFinal } from '../../commands/key-erasures.js'
import { AnyText, Flag, Text, idLetters } from '../../http/fields.js'

/** Fields and bodies that several families share. */

const reserved = ['chat', 'chats', 'ai', 'auth', 'users', 'projects', 'search', 'replies']
const chatNamePattern = new RegExp(`^(?!(?:${reserved.join('|')})$)[A-Za-z0-9._:-]+$`)

/** Without the lookahead, which not all languages have. */
const documentedName = /^[A-Za-z0-9._:-]+$/

export const isChatName = (name: string) => name.length <= 128 && chatNamePattern.test(name)

export const chatName = z
  .string()
  .refine(isChatName, { message: `must be made of ${idLetters}, and none of ${reserved.join(', ')}` })

/** A chat in a path or a body. Words that other paths begin with are no names of chats. */
export const ChatName = (info: { about?: string; example?: string; optional?: boolean } = {}) =>
  Text({
    min: 1,
    max: 128,
    pattern: [chatNamePattern, `must be made of ${idLetters}, and none of ${reserved.join(', ')}`, documentedName],
    example: 'first-steps',
    ...info,
    about: `${info.about ?? 'A UUID, or the caller’s own name for a chat'}. Not a name: ${reserved.join(', ')}`,
  })

export class EraseQuery {
  @Flag({
    optional: true,
    about: `Destroy its key at once, instead of when the retention period ends. ${whenErasureIsFinal}`,
  })
  erase: boolean = false
}

export class ReplyErrorDto {
  @AnyText()
  code!: string

  @AnyText()
  detail!: string
}
