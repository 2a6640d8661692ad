import { plainToInstance } from 'class-transformer'
import { validateSync } from 'class-validator'
import { EraseQuery, isChatName } from '../../../src/chat/api/chat.dto.js'
import { LoggedMessageBody, MessageChangesBody } from '../../../src/chat/api/logging/chat-log.dto.js'
import { ChatParams } from '../../../src/chat/api/root/chats.dto.js'
import { messageRole } from '../../../src/chat/message.js'

/** The messages about its fields. */
const faults = (type: new () => object, body: object): string[] =>
  validateSync(plainToInstance(type, body), { whitelist: true, forbidNonWhitelisted: true }).flatMap(
    ({ constraints = {} }) => Object.values(constraints),
  )

describe('the name of a chat', () => {
  const named = (sessionId: string) => faults(ChatParams, { sessionId })

  it.each(['diary', 'A-z_0.9:', 'chats2', 'my-chat', 'x'.repeat(128)])('may be %s', (name) => {
    expect(named(name)).toEqual([])
  })

  it.each(['chat', 'chats', 'ai', 'auth', 'users', 'projects', 'search', 'replies'])(
    'is none that another path begins with: %s',
    (name) => {
      expect(named(name)).toEqual([expect.stringContaining(`none of chat, chats, ai`)])
      expect(named(`${name}s2`)).toEqual([])
    },
  )

  it.each(['', 'a b', 'a/b', 'ä', ' a', 'a\n', 'x'.repeat(129)])('is none that no path could have: %j', (name) => {
    expect(named(name)).not.toEqual([])
  })
})

it('the name of a chat is checked by its length, too, where it is no field of a body', () => {
  expect([isChatName('x'.repeat(128)), isChatName('x'.repeat(129)), isChatName('chats')]).toEqual([true, false, false])
})

describe('the bodies of messages', () => {
  it('have a role of ours', () => {
    for (const role of messageRole.options) expect(faults(LoggedMessageBody, { role, content: '' })).toEqual([])
    expect(faults(LoggedMessageBody, { role: 'nobody', content: '' })).not.toEqual([])
  })

  it('may leave out everything when they change a message', () => {
    expect(faults(MessageChangesBody, {})).toEqual([])
    expect(faults(MessageChangesBody, { role: 'tool', content: '43' })).toEqual([])
    expect(faults(MessageChangesBody, { role: 'nobody' })).not.toEqual([])
    for (const field of ['content', 'role', 'name', 'tokens'])
      expect(faults(MessageChangesBody, { [field]: null })).not.toEqual([])
  })
})

describe('a deletion', () => {
  it('erases only when it is told to', () => {
    expect(plainToInstance(EraseQuery, {}).erase).toBe(false)
    expect(plainToInstance(EraseQuery, { erase: 'true' }).erase).toBe(true)
  })
})
