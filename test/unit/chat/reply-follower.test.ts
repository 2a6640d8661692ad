import { cursorFromEventId, eventId, ReplyFollower } from '../../../src/chat/replies/stream/reply-follower.js'
import type { ReplyOutcome } from '../../../src/chat/replies/ending/reply-outcome.js'

const reply = { replyId: 'r-1', promptId: 'p-1' }
const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }
const completed: ReplyOutcome = {
  status: 'completed',
  text: 'Hello',
  usage,
  cached: false,
  attempt: 'a',
  at: new Date(0),
  position: 9,
}
const failed: ReplyOutcome = {
  status: 'failed',
  text: '',
  usage,
  cached: false,
  at: new Date(0),
  position: 9,
  error: { code: 'internal', detail: 'no' },
}
const reader = (attempt?: string, offset = 0) => new ReplyFollower(reply, attempt ? { attempt, offset } : undefined)
const delta = (id: string, text: string) => ({ event: 'delta', id, data: { text } })
const reset = (id: string) => ({ event: 'reset', id, data: {} })
const end = (event: string, id: string, text: string) => ({
  event,
  id,
  data: { text, tokens: 3, messageId: 'r-1', promptId: 'p-1', logPosition: 9 },
})

describe('the id of an event', () => {
  it('says how far its reader has come', () => {
    expect(eventId('r-1', { attempt: 'a', offset: 7 })).toBe('r-1:a:7')
    expect(cursorFromEventId('r-1', 'r-1:a:7')).toEqual({ attempt: 'a', offset: 7 })
    expect(cursorFromEventId('r-1', 'r-1:edited-12:123456789')).toEqual({ attempt: 'edited-12', offset: 123_456_789 })
  })

  it.each([
    undefined,
    '',
    'r-1:a',
    'r-1:a:',
    'r-1:a:x',
    'r-1::7',
    'r-1:a:7:7',
    ' r-1:a:7',
    'r-1:a:7 ',
    'r-1:a:1234567890',
    'r-2:a:7',
    ':a:7',
  ])('is none of ours: %j', (id) => {
    expect(cursorFromEventId('r-1', id)).toBeUndefined()
  })
})

describe('a reader of a reply', () => {
  it('gets each delta, and the rest with the end', () => {
    const follower = reader()
    expect(follower.delta({ attempt: 'a', offset: 0, text: 'Hel' })).toEqual([delta('r-1:a:3', 'Hel')])
    expect(follower.delta({ attempt: 'a', offset: 1, text: 'ell' })).toEqual([delta('r-1:a:4', 'l')])
    expect(follower.delta({ attempt: 'a', offset: 0, text: 'Hell' })).toEqual([])
    expect(follower.outcome(completed)).toEqual([delta('r-1:a:5', 'o'), end('done', 'r-1:a:5', 'Hello')])
  })

  it('is told that something is missing before a delta', () => {
    expect(reader('a', 1).delta({ attempt: 'a', offset: 3, text: 'lo' })).toBeUndefined()
    expect(reader().delta({ attempt: 'a', offset: 3, text: 'lo' })).toBeUndefined()
  })

  it('gets what it lacks of a text', () => {
    expect(reader('a', 2).text({ attempt: 'a', text: 'Hello' })).toEqual([delta('r-1:a:5', 'llo')])
    expect(reader('a', 5).text({ attempt: 'a', text: 'Hello' })).toEqual([])
    expect(reader().text({ attempt: 'a', text: 'Hello' })).toEqual([delta('r-1:a:5', 'Hello')])
  })

  it('starts over with another attempt, or when it says that it has more than there is', () => {
    const other = { attempt: 'b', text: 'Hi' }
    expect(reader('a', 3).text(other)).toEqual([reset('r-1:b:0'), delta('r-1:b:2', 'Hi')])
    expect(reader('a', 3).delta({ ...other, offset: 0 })).toEqual([reset('r-1:b:0'), delta('r-1:b:2', 'Hi')])
    expect(reader('a', 0).text(other)).toEqual([delta('r-1:b:2', 'Hi')])
    expect(reader('b', 9).text(other)).toEqual([reset('r-1:b:0'), delta('r-1:b:2', 'Hi')])
  })

  it('hears how the reply has ended', () => {
    expect(reader('a', 5).outcome({ ...completed, status: 'cancelled' })).toEqual([
      end('cancelled', 'r-1:a:5', 'Hello'),
    ])
    expect(reader().outcome({ ...completed, text: '', attempt: undefined })).toEqual([end('done', 'r-1:none:0', '')])
  })

  it('hears no position that is not known', () => {
    const [done] = reader('a', 5).outcome({ ...completed, position: 0 })
    expect(done!.data).not.toHaveProperty('logPosition')
  })

  it('hears why the reply has failed, and drops what it has', () => {
    const failure = { event: 'failed', data: { ...failed.error, logPosition: 9 } }
    expect(reader('a', 5).outcome(failed)).toEqual([{ event: 'reset', data: {} }, failure])
    expect(reader('a', 0).outcome(failed)).toEqual([failure])
    expect(reader().outcome(failed)).toEqual([failure])
  })
})
