import { callItemId, messageOfItem, openAiId, uuidOf } from '../../../src/chat/api/openai/item-ids.js'
import { errorOf } from '../../support/error-of.js'
import { id, uuid } from '../../support/openai/shown-items.js'

const notFound = (about: RegExp) =>
  expect.objectContaining({ code: 'not_found', message: expect.stringMatching(about) as string }) as unknown

describe('an id of an item', () => {
  it('is our own with its kind before it, and back', () => {
    expect(openAiId('resp', uuid(1))).toBe(id('resp', 1))
    expect(uuidOf('resp', id('resp', 1))).toBe(uuid(1))
    expect(callItemId(uuid(1), 12)).toBe(`${id('fc', 1)}_12`)
    for (const item of [id('msg', 1), id('fco', 1), `${id('fc', 1)}_0`, `${id('fc', 1)}_9999`])
      expect(messageOfItem(item)).toBe(uuid(1))
  })

  it.each([
    ['', 'x'],
    ['of another kind', id('conv', 1)],
    ['without digits', 'resp_'],
    ['with one more', `${id('resp', 1)}0`],
    ['in capitals', id('resp', 1).toUpperCase()],
    ['with something before it', ` ${id('resp', 1)}`],
    ['with a place', `${id('resp', 1)}_1`],
  ])('%s is none of a response', (_, wrong) => {
    expect(errorOf(() => uuidOf('resp', wrong))).toEqual(notFound(/^there is no such response$/))
  })

  it.each([id('resp', 1), id('fc', 1), `${id('msg', 1)}_0`, `${id('fc', 1)}_12345`, 'constructor_1', ''])(
    '%s is none of an item',
    (wrong) => expect(errorOf(() => messageOfItem(wrong))).toEqual(notFound(/^there is no such item$/)),
  )

  it('says what is not there', () => {
    expect(errorOf(() => uuidOf('conv', 'x'))).toEqual(notFound(/conversation/))
    expect(errorOf(() => uuidOf('cmp', 'x'))).toEqual(notFound(/compaction/))
  })
})
