import { ExpiringCache } from '../../../src/event-store/sealing/expiring-cache.js'

let now: number
let memory: ExpiringCache<string>

beforeEach(() => {
  now = 0
  memory = new ExpiringCache(4_000, 10, () => now)
})
afterEach(() => memory.close())

describe('a short memory', () => {
  it.each([0, 500, 1_999, 2_000, 3_500, 7_777])(
    'keeps what came at %d ms for half of its time at least, and for the whole at most',
    (at) => {
      now = at
      memory.set('a', 'A')
      now = at + 1_999
      expect(memory.get('a')).toBe('A')
      now = at + 4_000
      expect(memory.get('a')).toBeUndefined()
    },
  )

  it('keeps nothing longer because it is asked for', () => {
    memory.set('a', 'A')
    for (now = 0; now < 4_000; now += 100) memory.get('a')
    now = 4_000
    expect(memory.get('a')).toBeUndefined()
  })

  it('forgets the oldest when there are too many', () => {
    for (let i = 0; i < 12; i++) memory.set(`${i}`, `${i}`)
    const kept = Array.from({ length: 12 }, (_, i) => memory.get(`${i}`)).filter((value) => value !== undefined)
    expect(kept.length).toBeLessThanOrEqual(10)
    expect(kept.slice(-5)).toEqual(['7', '8', '9', '10', '11'])
  })

  it('replaces only what is still there', () => {
    memory.set('a', 'loading')
    now = 2_500 // among the older ones by now
    memory.replace('a', 'loading', 'A')
    expect(memory.get('a')).toBe('A')
    memory.replace('a', 'loading', 'another')
    expect(memory.get('a')).toBe('A')
    memory.replace('a', 'A')
    expect(memory.get('a')).toBeUndefined()
    memory.replace('a', 'A', 'back again')
    expect(memory.get('a')).toBeUndefined()
  })

  it('forgets everything at once', () => {
    memory.set('old', 'old')
    now = 2_500
    memory.set('young', 'young')
    memory.clear()
    expect([memory.get('old'), memory.get('young')]).toEqual([undefined, undefined])
  })
})
