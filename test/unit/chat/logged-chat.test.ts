import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js'
import { firstValueFrom, of } from 'rxjs'
import { LoggedChatInterceptor } from '../../../src/chat/api/logged-chat.interceptor.js'
import { ChatIds } from '../../../src/chat/chat-ids.js'
import { ServiceSecrets } from '../../../src/commands/secrets.js'
import { Place } from '../../support/event-store/engines.js'

let place: Place
let ids: ChatIds
beforeAll(async () => {
  place = await Place.find()
  ids = new ChatIds(await ServiceSecrets.of(await place.engine()))
})
afterAll(() => place?.leave())

interface Request {
  params?: Record<string, string>
  caller?: { id: string }
  chatId?: string
}
/** The id that the log gets of a request. */
async function logged(request: Request, type = 'http'): Promise<string | undefined> {
  const context = new ExecutionContextHost([request])
  context.setType(type)
  const answer = new LoggedChatInterceptor(ids).intercept(context, { handle: () => of('answer') })
  expect(await firstValueFrom(answer)).toBe('answer')
  return request.chatId
}
const caller = { id: 'ann' }

describe('the line that the log has of a request', () => {
  it('has the id of its chat, never its name, however the path calls it', async () => {
    const id = ids.of('ann', 'my secret plan')
    expect(await logged({ params: { chatId: 'my secret plan' }, caller })).toBe(id)
    expect(await logged({ params: { sessionId: 'my secret plan' }, caller })).toBe(id)
  })

  it('has none where no chat is named, by nobody, or over a socket', async () => {
    expect(await logged({ params: {}, caller })).toBeUndefined()
    expect(await logged({ caller })).toBeUndefined()
    expect(await logged({ params: { chatId: 'plan' } })).toBeUndefined()
    expect(await logged({ params: { chatId: 'plan' }, caller }, 'ws')).toBeUndefined()
  })
})
