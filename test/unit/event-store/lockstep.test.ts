import { Lockstep } from '../../../src/event-store/projecting/lockstep.js'

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('readers in lockstep', () => {
  it('go on when the last of them has arrived, each time', async () => {
    const lockstep = new Lockstep()
    const [a, b] = [lockstep.join(), lockstep.join()]
    const passed: string[] = []
    for (const round of ['first', 'second']) {
      const first = a.arrive().then(() => passed.push(`a ${round}`))
      await settled()
      expect(passed).not.toContain(`a ${round}`)
      await Promise.all([first, b.arrive()])
      expect(passed).toContain(`a ${round}`)
    }
  })

  it('do not wait for one that leaves, also while they wait', async () => {
    const lockstep = new Lockstep()
    const [a, b, c] = [lockstep.join(), lockstep.join(), lockstep.join()]
    c.leave()
    let hasPassed = false
    const arrived = a.arrive().then(() => (hasPassed = true))
    await settled()
    expect(hasPassed).toBe(false)
    b.leave()
    await arrived
  })

  it('miss one that leaves twice only once', async () => {
    const lockstep = new Lockstep()
    const [a, b, c] = [lockstep.join(), lockstep.join(), lockstep.join()]
    c.leave()
    c.leave()
    let hasPassed = false
    const arrived = a.arrive().then(() => (hasPassed = true))
    await settled()
    expect(hasPassed).toBe(false)
    await Promise.all([arrived, b.arrive()])
  })
})
