import type { Delta } from '../../../src/chat/open-reply/reply-cursor.js'
import { type Emission, ReaderProgress, type ReplyText } from '../../../src/realtime/reader-progress.js'
import type { RecordedChatEvent } from '../../../src/chat/chat.js'
import type { ReplyEnd, ChatUpdate } from '../../../src/realtime/chat-updates.js'
import { DeltaBuffer } from '../../../src/chat/open-reply/delta-buffer.js'
import { Story } from '../../support/realtime/story.js'

const event = (position: number) => ({ position }) as RecordedChatEvent
const message = (id: string) => ({ id }) as NonNullable<ChatUpdate['message']>
const delta = (attempt: string, offset: number, text: string): Delta => ({ attempt, offset, text })
const known = (recent: readonly number[] = [], recentAfter = 0, replyText?: ReplyText) => ({
  recentAfter,
  recent: recent.map(event),
  replyText,
})
const names = (emissions: readonly Emission[]) => emissions.map(([name]) => name)
const completed = (attempt: string, text: string): ReplyEnd => ({
  replyId: 'r',
  status: 'completed',
  text: { attempt, text },
})

describe('what is put together of deltas', () => {
  it('is the beginning of what one attempt wrote, however often a delta arrives', () => {
    const writing = new DeltaBuffer()
    for (const one of [
      delta('a', 0, 'One '),
      delta('a', 0, 'One '),
      delta('a', 0, 'One two'),
      delta('a', 4, 'two three'),
    ])
      expect(writing.add(one)).toBe(true)
    expect(writing).toMatchObject({ attempt: 'a', text: 'One two three' })
  })

  it('starts over with the beginning of another attempt, and with nothing but that', () => {
    const writing = new DeltaBuffer()
    writing.add(delta('a', 0, 'One'))
    expect(writing.add(delta('b', 3, '!'))).toBe(false)
    expect(writing.add(delta('b', 0, 'Uno'))).toBe(true)
    expect(writing).toMatchObject({ attempt: 'b', text: 'Uno' })
  })

  it('takes no half of a surrogate pair out of a delta that repeats what is there', () => {
    const writing = new DeltaBuffer()
    writing.add(delta('a', 0, 'Hi \ud83d'))
    expect(writing.add(delta('a', 0, 'Hi 😀 there'))).toBe(false)
    writing.addText({ attempt: 'a', text: 'Hi 😀 there' })
    expect(writing).toMatchObject({ attempt: 'a', text: 'Hi 😀 there' })
  })

  it('is completed from what is kept, when something is missing', () => {
    const writing = new DeltaBuffer()
    expect(writing.add(delta('a', 4, 'two'))).toBe(false)
    writing.addText({ attempt: 'a', text: 'One two' })
    writing.addText({ attempt: 'a', text: 'One' })
    expect(writing.add(delta('a', 12, 'four'))).toBe(false)
    expect(writing).toMatchObject({ attempt: 'a', text: 'One two' })
  })
})

describe('a reader of a chat', () => {
  it('gets each event once and in order, whoever brings it', () => {
    const reader = new ReaderProgress(3)
    expect(reader.next(known([2, 3, 5, 9]))).toEqual({ event: event(5) })
    expect(names(reader.advance(5, { message: message('a') }))).toEqual(['message'])
    expect(names(reader.advance(5, { message: message('a') }))).toEqual([])
    expect(names(reader.advance(4, { message: message('x') }))).toEqual([])
    expect(reader.next(known([5, 9]))).toEqual({ event: event(9) })
    reader.advance(9, {})
    expect(reader.next(known([5, 9]))).toBeUndefined()
  })

  it('looks into the log for what is no longer at hand, and then goes on with what is', () => {
    const reader = new ReaderProgress(3)
    expect(reader.next(known([8], 7))).toBe('behind')
    reader.advance(5, {})
    expect(reader.next(known([8], 7))).toBe('behind')
    reader.skipTo(7)
    expect(reader.next(known([8], 7))).toEqual({ event: event(8) })
    reader.skipTo(2)
    expect(reader.position).toBe(7)
  })

  it('is told of changes and deletions where they are in the log', () => {
    const reader = new ReaderProgress(0)
    expect(reader.advance(1, { editedMessage: message('a') })).toEqual([
      ['message-edited', { position: 1, message: { id: 'a' } }],
    ])
    expect(reader.advance(2, { deletedId: 'a' })).toEqual([['message-deleted', { position: 2, messageId: 'a' }]])
  })

  it('gets what is written after everything before it', () => {
    const written = { replyId: 'r', attempt: 'a', text: 'One' }
    const reader = new ReaderProgress(3)
    expect(reader.next(known([5], 0, written))).toEqual({ event: event(5) })
    reader.advance(5, { message: message('p'), newReplyId: 'r' })
    expect(reader.next(known([5], 0, written))).toEqual({
      delta: ['reply-delta', { replyId: 'r', attempt: 'a', offset: 0, text: 'One' }],
    })
    expect(reader.next(known([5], 0, written))).toBeUndefined()
  })

  it('gets the missing end of a reply it has read along, or all of it when the words are another attempt’s', () => {
    const readAlong = () => {
      const reader = new ReaderProgress(1)
      reader.next(known([], 0, { replyId: 'r', attempt: 'a', text: 'One' }))
      return reader
    }
    expect(readAlong().advance(2, { message: message('r'), replyEnd: completed('a', 'One two') })).toEqual([
      ['reply-delta', { replyId: 'r', attempt: 'a', offset: 3, text: ' two' }],
      ['message', { position: 2, message: { id: 'r' } }],
      ['reply-done', { position: 2, replyId: 'r', status: 'completed' }],
    ])
    expect(readAlong().advance(2, { replyEnd: completed('b', 'Uno') })[0]).toEqual([
      'reply-delta',
      { replyId: 'r', attempt: 'b', offset: 0, text: 'Uno' },
    ])
    expect(readAlong().advance(2, { replyEnd: completed('none', '') })[0]).toEqual([
      'reply-delta',
      { replyId: 'r', attempt: 'none', offset: 0, text: '' },
    ])
    expect(readAlong().advance(2, { replyEnd: completed('a', 'On') })[0]).toEqual([
      'reply-delta',
      { replyId: 'r', attempt: 'a', offset: 2, text: '' },
    ])
    expect(names(readAlong().advance(2, { replyEnd: { ...completed('', ''), replyId: 'q' } }))).toEqual(['reply-done'])
  })

  it('gets whole characters only, also when what it has ends inside a surrogate pair', () => {
    const reader = new ReaderProgress(1)
    reader.next(known([], 0, { replyId: 'r', attempt: 'a', text: 'Hi \ud83d' }))
    expect(reader.next(known([], 1, { replyId: 'r', attempt: 'a', text: 'Hi 😀 the' }))).toEqual({
      delta: ['reply-delta', { replyId: 'r', attempt: 'a', offset: 3, text: '😀 the' }],
    })
    expect(reader.advance(2, { replyEnd: completed('a', 'Hi 😀 there') })[0]).toEqual([
      'reply-delta',
      { replyId: 'r', attempt: 'a', offset: 9, text: 're' },
    ])
  })

  it('gets the whole as one delta when it was there and nothing had come, and none when it comes later', () => {
    const [there, later] = [new ReaderProgress(0), new ReaderProgress(0)]
    there.followReply('r')
    expect(names(there.advance(2, { message: message('r'), replyEnd: completed('a', 'One two') }))).toEqual([
      'reply-delta',
      'message',
      'reply-done',
    ])
    expect(names(later.advance(2, { message: message('r'), replyEnd: completed('a', 'One two') }))).toEqual([
      'message',
      'reply-done',
    ])
  })

  it('that failed is told why, and of nothing that was written', () => {
    const reader = new ReaderProgress(0)
    reader.followReply('r')
    const error = { code: 'provider_stalled', detail: 'Try again.' }
    expect(reader.advance(2, { replyEnd: { replyId: 'r', status: 'failed', error } })).toEqual([
      ['reply-done', { position: 2, replyId: 'r', status: 'failed', error }],
    ])
  })
})

describe('whatever happens on the way', () => {
  it('readers get every event once and in order, and put together every reply (500 stories)', () => {
    let replies = 0
    for (let seed = 0; seed < 500; seed++) {
      const story = new Story(seed)
      story.play(150)
      for (const { positions } of story.readers)
        if (String(positions) !== String(story.positions))
          throw new Error(`story ${seed}: ${String(positions)} of ${String(story.positions)}`)
      replies += story.replies
    }
    expect(replies).toBeGreaterThan(1_000)
  })
})
