import { Sightings } from '../../../src/chat/replies/worker/sightings.js'

describe('sightings', () => {
  it('count from the first of the rounds that follow each other', () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(1_000)
    const sightings = new Sightings()
    expect(sightings.see('a')).toBe(0)
    now.mockReturnValue(1_500)
    expect(sightings.see('a')).toBe(500)
    sightings.endRound()
    now.mockReturnValue(4_000)
    expect([sightings.see('a'), sightings.see('b')]).toEqual([3_000, 0])
    sightings.endRound()
    now.mockReturnValue(7_000)
    expect(sightings.see('b')).toBe(3_000)
    sightings.endRound()
    expect(sightings.see('a')).toBe(0) // it was not there in the round before
    now.mockRestore()
  })
})
