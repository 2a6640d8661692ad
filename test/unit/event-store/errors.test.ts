import { EventStoreError, isErased, Refused } from '../../../src/event-store/errors.js'

describe('an error of the event store', () => {
  it('has a code, a kind and data', () => {
    const error = new EventStoreError('outcome_unknown', 'perhaps', { stream: 'a-1' }, { cause: 'a cut' })
    expect(error).toMatchObject({
      name: 'EventStoreError',
      code: 'outcome_unknown',
      kind: 'retryable',
      message: 'perhaps',
      data: { stream: 'a-1' },
      cause: 'a cut',
    })
    expect(new EventStoreError('damaged_log', 'broken')).toMatchObject({ kind: 'fatal', data: {} })
  })

  it('tells that a stream was erased', () => {
    expect(isErased(new EventStoreError('erased', 'gone'))).toBe(true)
    for (const other of [
      new EventStoreError('too_large', 'no'),
      Object.assign(new Error('no'), { code: 'erased' }),
      undefined,
    ])
      expect(isErased(other)).toBe(false)
  })

  it('is none of a decision that says no', () => {
    expect(new Refused('chat_deleted', 'no', { chatId: '1' })).toMatchObject({
      name: 'Refused',
      code: 'chat_deleted',
      message: 'no',
      data: { chatId: '1' },
    })
  })
})
