import {
  attemptNumber,
  numberAt,
  parseSequenceNumber,
  places,
  placeOfText,
  placesOfCall,
  sequenceNumber,
  unitsAt,
} from '../../../src/chat/api/openai/responses/sequence-numbers.js'
import { newAttemptId } from '../../../src/chat/open-reply/attempt-ids.js'

const at = new Date('2026-01-31T12:00:00.900Z')

describe('the number of an event', () => {
  it('has the number of the attempt and the place in it, and back', () => {
    for (const [attempt, place] of [
      [0, places.created],
      [1, places.partAdded],
      [2 ** 32 - 1, places.ended],
    ] as const)
      expect(parseSequenceNumber(sequenceNumber(attempt, place))).toEqual({ attempt, place })
    expect(sequenceNumber(1, 0)).toBe(sequenceNumber(0, places.ended) + 1)
    expect(Number.isSafeInteger(sequenceNumber(2 ** 32 - 1, places.ended))).toBe(true)
  })

  it('grows from what opens the stream, over the text and the calls, to the end', () => {
    const { created, queued, inProgress, itemAdded, partAdded, textDone, partDone, itemDone, ended: end } = places
    const calls = [placesOfCall(0)!, placesOfCall(1)!, placesOfCall(1022)!].map((of) => Object.values(of) as number[])
    const opening = [created, queued, inProgress, itemAdded, partAdded, placeOfText(1), placeOfText(2)]
    const all = [...opening, textDone - 1, textDone, partDone, itemDone, ...calls.flat(), end]
    expect(all).toEqual([...new Set(all)].sort((a, b) => a - b))
    expect(placesOfCall(1022)!.done).toBe(end - 1)
    expect(placesOfCall(1023)).toBeUndefined()
  })

  it('says how much of the text its reader has', () => {
    for (const units of [0, 1, 1_000]) expect(unitsAt(placeOfText(units))).toBe(units)
    expect(unitsAt(places.created)).toBe(0)
    expect(unitsAt(places.textDone)).toBe(Infinity)
    expect(unitsAt(places.textDone - 1)).toBeLessThan(Infinity)
    expect(placeOfText(2 ** 22)).toBe(places.textDone - 1)
  })

  it('has that of an attempt from its time after the prompt', () => {
    const after = (ms: number) => newAttemptId(at.getTime() + ms)
    expect(attemptNumber(after(7), at)).toBe(7)
    expect([attemptNumber(after(0), at), attemptNumber(after(-5), at), attemptNumber('old', at)]).toEqual([1, 1, 1])
    expect(numberAt(at.getTime() + 2 ** 33, at)).toBe(2 ** 32 - 1)
  })
})
