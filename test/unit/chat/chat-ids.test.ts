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

const uuid = '0190f3c2-1111-4222-8333-0123456789ab'

describe('the id of a chat', () => {
  it('is its UUID, in small letters', () => {
    expect(ids.of('ann', uuid)).toBe(uuid)
    expect(ids.of('ann', uuid.toUpperCase())).toBe(uuid)
    expect(ids.chatOf('ann', uuid)).toEqual({ chatId: uuid, ownerId: 'ann' })
  })

  it('is derived from a name of the owner’s own: always the same, and another one for another owner', () => {
    const diary = ids.of('ann', 'diary')
    expect(diary).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(ids.of('ann', 'diary')).toBe(diary)
    expect(ids.of('bob', 'diary')).not.toBe(diary)
    expect(ids.of('ann', 'Diary')).not.toBe(diary)
  })

  it.each([`${uuid}0`, `x${uuid}`, uuid.slice(1), uuid.replaceAll('-', '')])(
    'is derived from what only looks like a UUID: %s',
    (name) => {
      expect(ids.of('ann', name)).not.toBe(name)
    },
  )
})
