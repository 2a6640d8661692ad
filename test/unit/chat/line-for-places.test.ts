import { getEventListeners } from 'node:events'
import { Places } from '../../../src/chat/replies/worker/places.js'

const never = new AbortController().signal
const long = 60_000

describe('places', () => {
  it('are as many as there are, and the others wait in line', async () => {
    const places = new Places(2)
    expect([await places.take(long, never), await places.take(long, never)]).toEqual([true, true])
    const order: string[] = []
    const third = places.take(long, never).then((hasPlace) => order.push(`third ${hasPlace}`))
    const fourth = places.take(long, never).then((hasPlace) => order.push(`fourth ${hasPlace}`))
    await new Promise(setImmediate)
    expect(order).toEqual([])
    places.giveBack()
    await third
    expect(order).toEqual(['third true'])
    places.giveBack()
    await fourth
    expect(order).toEqual(['third true', 'fourth true'])
  })

  it('are free again when nobody is in line', async () => {
    const places = new Places(1)
    for (let i = 0; i < 3; i++) {
      expect(await places.take(0, never)).toBe(true)
      places.giveBack()
    }
    await places.take(0, never)
    expect(await places.take(0, never)).toBe(false)
  })

  it('are not for those who have left the line, because of the time or of the signal', async () => {
    const places = new Places(1)
    await places.take(long, never)
    const away = new AbortController()
    const [late, gone, patient] = [places.take(1, never), places.take(long, away.signal), places.take(long, never)]
    away.abort()
    expect([await late, await gone]).toEqual([false, false])
    places.giveBack()
    expect(await patient).toBe(true)
    places.giveBack()
    expect(await places.take(0, never)).toBe(true)
  })

  it('are none for those who are gone already', async () => {
    const places = new Places(1)
    expect(await places.take(long, AbortSignal.abort())).toBe(false)
    expect(await places.take(0, never)).toBe(true)
  })

  it('leave no listener at the signal', async () => {
    const places = new Places(1)
    const { signal } = new AbortController()
    const removing = jest.spyOn(signal, 'removeEventListener')
    await places.take(long, signal)
    const waiting = places.take(long, signal)
    places.giveBack()
    await waiting
    expect(removing).toHaveBeenCalledTimes(1)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
