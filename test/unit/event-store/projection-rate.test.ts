import { projectionRate } from '../../../src/event-store/projecting/projection-rate.js'

const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000)
const marked = (position: number, seconds: number) => {
  const before = { position, at: at(seconds) }
  return { before, since: before }
}

describe('the rate of a projection', () => {
  it('is its events per second since the mark', () => {
    expect(projectionRate({ position: 250, pace: marked(100, 0), now: at(10) })).toBe(15)
    expect(projectionRate({ position: 101, pace: marked(100, 0), now: at(7) })).toBe(0.1)
  })

  it('counts less than a second as one', () => {
    expect(projectionRate({ position: 150, pace: marked(100, 0), now: at(0.1) })).toBe(50)
    expect(projectionRate({ position: 150, pace: marked(100, 1), now: at(0) })).toBe(50)
  })

  it('is 0 without a mark, and where a rebuild has gone back', () => {
    expect(projectionRate({ position: 150, now: at(0) })).toBe(0)
    expect(projectionRate({ position: 10, pace: marked(100, 0), now: at(10) })).toBe(0)
  })
})
