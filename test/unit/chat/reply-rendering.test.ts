import { ReplyFollower } from '../../../src/chat/replies/stream/reply-follower.js'
import { EventRendering } from '../../../src/chat/replies/stream/reply-rendering.js'
import type { ReplyOutcome } from '../../../src/chat/replies/ending/reply-outcome.js'

const reply = { promptId: 'p1', replyId: 'r1' }
const ended: ReplyOutcome = {
  status: 'completed',
  text: 'A fact.',
  usage: { promptTokens: 1, completionTokens: 2, totalTokens: 3 },
  cached: false,
  attempt: 'a1',
  at: new Date(0),
  position: 9,
}

let rendering: EventRendering
beforeEach(() => void (rendering = new EventRendering(reply, new ReplyFollower(reply, undefined))))
const add = (offset: number, text: string) => rendering.delta({ attempt: 'a1', offset, text })

describe('a reply as server-sent events of our own', () => {
  it('begins with its ids', () => {
    expect(rendering.begin()).toBe('event: start\ndata: {"promptId":"p1","replyId":"r1"}\n\n')
  })

  it('has each delta with the place that a client resumes at', () => {
    expect(add(0, 'A ')).toBe('event: delta\nid: r1:a1:2\ndata: {"text":"A "}\n\n')
    expect(add(0, 'A ')).toBe('')
    expect(add(2, 'fact')).toBe('event: delta\nid: r1:a1:6\ndata: {"text":"fact"}\n\n')
  })

  it('has nothing of a delta before which something is missing, until the whole text comes', () => {
    expect(add(2, 'fact')).toBeUndefined()
    expect(rendering.text({ attempt: 'a1', text: 'A fact' })).toContain('data: {"text":"A fact"}')
  })

  it('ends with the rest and the cost, or with why it has failed', () => {
    add(0, 'A ')
    const [rest, done] = rendering.outcome(ended).split('\n\n')
    expect(rest).toContain('data: {"text":"fact."}')
    expect(done).toMatch(/^event: done\nid: r1:a1:7\ndata: \{.*"tokens":3/)
    expect(rendering.failed('erased', 'gone')).toBe('event: failed\ndata: {"code":"erased","detail":"gone"}\n\n')
  })
})
