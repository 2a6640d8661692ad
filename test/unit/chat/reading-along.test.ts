import type { ServerSentEvent } from '../../../src/http/sse.js'
import { joinDeltas } from '../../../src/chat/open-reply/delta-buffer.js'
import type { ReplyOutcome } from '../../../src/chat/replies/ending/reply-outcome.js'
import { type Delta, isCharacterBoundary } from '../../../src/chat/open-reply/reply-cursor.js'
import { cursorFromEventId, eventId, ReplyFollower } from '../../../src/chat/replies/stream/reply-follower.js'
import { chance } from '../../support/chance.js'
import { Transcript } from '../../support/chat/reader.js'

const reply = { replyId: 'reply-1', promptId: 'prompt-1' }

const along = (lastEventId?: string) => new ReplyFollower(reply, cursorFromEventId('reply-1', lastEventId))
const delta = (attempt: string, offset: number, text: string): Delta => ({ attempt, offset, text })
const ended = {
  text: '',
  usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 },
  cached: false,
  at: new Date(0),
  position: 1,
}
const completed = (attempt: string, text: string): ReplyOutcome => ({ ...ended, status: 'completed', text, attempt })
const failed: ReplyOutcome = { ...ended, status: 'failed', error: { code: 'provider_stalled', detail: 'Try again.' } }
const cancelled: ReplyOutcome = { ...ended, status: 'cancelled' }

const names = (events: readonly ServerSentEvent[] | undefined) =>
  events?.map(({ event, data }) => (event === 'delta' ? (data as Delta).text : event))

describe('the id of an event', () => {
  it('says how far its reader has come', () => {
    const place = { attempt: '8e4c2f97-2728', offset: 37 }
    expect(cursorFromEventId('reply-1', eventId('reply-1', place))).toEqual(place)
  })

  it.each([
    undefined,
    '',
    'reply-1',
    'reply-1:a',
    'reply-1:a:',
    'reply-1:a:-1',
    'reply-1:a:1e3',
    'reply-1:a:1:2',
    'reply-1:a b:1',
    'reply-2:a:1',
    '\n',
    'reply-1:a:9999999999',
  ])('says nothing when it is no id of this reply (%j)', (id) => {
    expect(cursorFromEventId('reply-1', id)).toBeUndefined()
  })
})

describe('a text', () => {
  it('is cut between characters, at its beginning and at its end', () => {
    const text = 'a😀b'
    expect([0, 1, 2, 3, 4, 5].map((offset) => isCharacterBoundary(text, offset))).toEqual([
      true,
      true,
      false,
      true,
      true,
      false,
    ])
  })
})

describe('what is kept of an attempt', () => {
  it('ends where something is missing', () => {
    expect(joinDeltas([delta('a', 0, 'One '), delta('a', 4, 'two'), delta('a', 12, 'four')])).toEqual({
      attempt: 'a',
      text: 'One two',
    })
    expect(joinDeltas([])).toBeUndefined()
  })
})

describe('a reader', () => {
  it('is told each delta once, however often it arrives', () => {
    const reader = along()
    expect(names(reader.delta(delta('a', 0, 'One ')))).toEqual(['One '])
    expect(names(reader.delta(delta('a', 0, 'One ')))).toEqual([])
    expect(names(reader.delta(delta('a', 0, 'One two')))).toEqual(['two'])
    expect(names(reader.outcome(completed('a', 'One two')))).toEqual(['done'])
  })

  it('hears of what it missed when the next delta comes', () => {
    const reader = along()
    reader.delta(delta('a', 0, 'One '))
    expect(reader.delta(delta('a', 8, 'three'))).toBeUndefined()
    expect(names(reader.text({ attempt: 'a', text: 'One two three' }))).toEqual(['two three'])
  })

  it('starts over with another attempt, and says so only if it had something', () => {
    const reader = along()
    expect(names(reader.delta(delta('a', 0, 'One')))).toEqual(['One'])
    expect(reader.delta(delta('b', 3, '!'))).toBeUndefined()
    expect(names(reader.delta(delta('b', 0, 'Uno')))).toEqual(['reset', 'Uno'])
    expect(names(along(eventId('reply-1', { attempt: 'a', offset: 0 })).delta(delta('b', 0, 'Uno')))).toEqual(['Uno'])
  })

  it('gets the missing end with the outcome, or all of it when the words are another attempt’s', () => {
    const reader = along(eventId('reply-1', { attempt: 'a', offset: 4 }))
    expect(names(reader.outcome(completed('a', 'One two')))).toEqual(['two', 'done'])
    const other = along(eventId('reply-1', { attempt: 'a', offset: 4 }))
    expect(names(other.outcome(completed('b', 'Uno dos')))).toEqual(['reset', 'Uno dos', 'done'])
  })

  it('forgets what it has of a reply that failed, or that ended before anything was written', () => {
    expect(names(along(eventId('reply-1', { attempt: 'a', offset: 4 })).outcome(failed))).toEqual(['reset', 'failed'])
    expect(names(along().outcome(failed))).toEqual(['failed'])
    expect(names(along(eventId('reply-1', { attempt: 'a', offset: 4 })).outcome(cancelled))).toEqual([
      'reset',
      'cancelled',
    ])
    expect(names(along().outcome(cancelled))).toEqual(['cancelled'])
  })

  const text = 'Hi 😀 there'
  it.each([
    ['of another reply', 'reply-2:a:3', ['Hi 😀 there']],
    ['that is garbage', 'last time I looked', ['Hi 😀 there']],
    ['inside a surrogate pair', 'reply-1:a:4', ['reset', 'Hi 😀 there']],
    ['beyond the end', 'reply-1:a:12', ['reset', 'Hi 😀 there']],
  ])('that comes with an id %s starts from the beginning, wherever it finds the text', (_, id, told) => {
    expect(names(along(id).outcome(completed('a', text)))).toEqual([...told, 'done'])
    expect(names(along(id).text({ attempt: 'a', text }))).toEqual(told)
  })

  it('that says it is inside a surrogate pair gets no half of it from a delta either', () => {
    expect(along('reply-1:a:4').delta(delta('a', 0, text))).toBeUndefined()
  })
})

/**
 * One reply as it may be written and read: several attempts, some at once, a Redis that forgets and repeats, a client
 * that is cut off at any event. Which of it happens when, the seed decides.
 */
class Story {
  readonly pick: (below: number) => number
  readonly attempts: { name: string; chunks: string[]; written: number }[] = []
  readonly client = new Transcript()
  private kept: Delta[] = []
  private keptOf = ''
  private arrived: Delta[] = []
  private wire: ServerSentEvent[] = []
  private along = along()

  constructor(seed: number) {
    this.pick = chance(seed)
    this.begin()
  }

  begin(): void {
    const chunks = Array.from({ length: 1 + this.pick(12) }, () => this.words())
    this.keptOf = `attempt-${this.attempts.length}`
    this.attempts.push({ name: this.keptOf, chunks, written: 0 })
    this.kept = []
  }

  /** Mostly the newest attempt; another one that still runs is heard only when Redis has forgotten who is the newest. */
  write(): void {
    const attempt = this.attempts[this.pick(4) === 0 ? this.pick(this.attempts.length) : this.attempts.length - 1]!
    const text = attempt.chunks[attempt.written]
    if (text === undefined) return
    const next = delta(attempt.name, attempt.chunks.slice(0, attempt.written++).join('').length, text)
    if (this.keptOf === attempt.name) this.kept.push(next)
    if (!this.keptOf || this.keptOf === attempt.name) this.arrived.push(next)
  }

  lose(): void {
    this.arrived.splice(this.pick(this.arrived.length + 1), 1 + this.pick(2))
  }

  repeat(): void {
    if (this.arrived.length > 0) this.arrived.push(this.arrived[this.pick(this.arrived.length)]!)
  }

  /** Redis was emptied … */
  forget(): void {
    ;[this.kept, this.keptOf] = [[], '']
  }

  /** … or comes back with an older state. */
  restore(): void {
    this.kept.splice(this.pick(this.kept.length + 1), 1 + this.pick(3))
  }

  tell(): void {
    for (const one of this.arrived.splice(0, 1 + this.pick(3)))
      this.wire.push(...(this.along.delta(one) ?? this.catchUp()))
  }

  /** The client has got some of what was on its way to it, and comes back, maybe later. */
  reconnect(): void {
    this.hear(this.pick(this.wire.length + 1))
    this.wire = []
    this.arrived = []
    this.along = along(this.client.lastEventId)
    this.wire.push(...this.catchUp())
  }

  hear(events = this.wire.length): void {
    for (const { event, id, data } of this.wire.splice(0, events)) {
      if (event === 'delta') expect((data as Delta).text.isWellFormed()).toBe(true)
      this.client.take({ event, id, data })
      expect(this.attempts.some(({ chunks }) => chunks.join('').startsWith(this.client.text))).toBe(true)
    }
  }

  ending(): ReplyOutcome {
    const { name, chunks, written } = this.attempts[this.pick(this.attempts.length)]!
    const dice = this.pick(4)
    if (dice === 0) return failed
    if (dice === 1) return completed(name, chunks.join(''))
    const cut = dice === 2 ? { attempt: name, text: chunks.slice(0, written).join('') } : joinDeltas(this.kept)
    return { ...cancelled, ...cut }
  }

  end(outcome: ReplyOutcome): void {
    this.wire.push(...this.along.outcome(outcome))
    while (this.pick(2) === 0) {
      this.hear(this.pick(this.wire.length))
      this.along = along(this.client.lastEventId)
      this.wire = this.along.outcome(outcome)
    }
    this.hear()
  }

  private catchUp(): ServerSentEvent[] {
    const kept = joinDeltas(this.kept)
    return kept ? this.along.text(kept) : []
  }

  private words(): string {
    return Array.from({ length: 1 + this.pick(5) }, () => ['a', ' ', 'é', '😀', '🏳️‍🌈', '漢'][this.pick(6)]).join('')
  }
}

describe('whatever happens to deltas, attempts and connections', () => {
  const stories = 1_000
  const steps = [
    'write',
    'write',
    'write',
    'write',
    'tell',
    'tell',
    'tell',
    'hear',
    'lose',
    'repeat',
    'reconnect',
    'begin',
    'forget',
    'restore',
  ] as const

  it(`what a client has put together is the stored reply (${stories} stories)`, () => {
    for (let seed = 1; seed <= stories; seed++) {
      const story = new Story(seed)
      for (let step = 0; step < 60; step++) story[steps[story.pick(steps.length)]!]()
      const outcome = story.ending()
      story.end(outcome)
      const { text, ended } = story.client
      expect({ seed, text, ended: ended?.event, told: ended?.data.text }).toEqual({
        seed,
        text: outcome.text,
        ended: outcome.status === 'completed' ? 'done' : outcome.status,
        told: outcome.status === 'failed' ? undefined : outcome.text,
      })
    }
  })
})
