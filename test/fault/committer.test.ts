import { pause } from '../../src/event-store/timing.js'
import { command, type Fault, redisCommand } from './proxy.js'
import { Scene, type Victim } from './scene.js'
import { freeze, held, kill, withMoments } from './strikes.js'

let scene: Scene
beforeEach(async () => {
  scene = await Scene.set()
})
afterEach(() => scene?.clear())

const mongoSteps: Record<string, Fault['at']> = {
  'storing a stream’s key': command('insert', 'keys'),
  'reading the head': command('find', 'log'),
  'inserting a batch': command('insert', 'log'),
}
const redisSteps: Record<string, Fault['at']> = {
  'waiting for its turn': redisCommand('blpop'),
  'passing the turn on': redisCommand('evalsha'),
}

/** Enough to meet others on the way: only then a process takes turns. */
const size = { v: { writers: 4, commands: 40 }, c: { writers: 2, commands: 80 } }

const steps = [
  ...Object.entries(mongoSteps).map(([step, at]) => ({ step, at, engine: 'mongo' as const })),
  ...Object.entries(redisSteps).map(([step, at]) => ({ step, at, engine: 'redis' as const })),
]
const stepsAndMoments = withMoments(steps)

/** The victim is in the middle of its work, and has met others, so that it takes turns. */
async function disturbed(
  { at, engine, moment }: (typeof stepsAndMoments)[number],
  strike: (victim: Victim) => Fault['strike'],
  until?: Promise<void>,
): Promise<Victim> {
  for (;;) {
    const proxies = await scene.behindProxy()
    const victim = await scene.victim('writer', { ...proxies.addresses, run: 'v', ...size.v })
    const company = await scene.victim('writer', { run: 'c', ...size.c })
    let isStruck = false
    const strikeNow = strike(victim)
    const struck = proxies[engine].arm({ at, moment, until, strike: () => ((isStruck = true), strikeNow()) })
    company.go()
    victim.go()
    await Promise.race([struck, victim.gone])
    if (isStruck) {
      await struck
      return victim
    }
    // The victim was done before it met anybody. That is seldom, and everything begins anew.
    await scene.clear()
    scene = await Scene.set()
  }
}

const others = () => scene.victims[1]!

async function expectNobodyLostAnything(): Promise<void> {
  await others().done()
  expect(others().falseConflicts()).toEqual([])
  await scene.expectAllOf(size)
}

describe('a committer', () => {
  it.each(stepsAndMoments)(
    'killed $moment $step: others go on, and its commands’ retries lose and double nothing',
    async (step) => {
      await disturbed(step, kill)
      expect(await scene.bystanderAppends()).toBeLessThan(2000)
      const retries = await scene.victim('writer', { run: 'v', ...size.v })
      retries.go()
      await retries.done()
      await expectNobodyLostAnything()
    },
  )

  it.each(steps.map((step) => ({ ...step, moment: 'before' as const })))(
    'frozen $moment $step: others go on, and it wakes up to find its own',
    async (step) => {
      const { until, release } = held()
      // What it had sent before it froze arrives only after others have gone on.
      const victim = await disturbed(step, freeze, until)
      expect(await scene.bystanderAppends()).toBeLessThan(2000)
      await pause(1000) // longer than anybody waits for a turn
      expect(await scene.bystanderAppends()).toBeLessThan(2000)
      victim.signal('SIGCONT')
      release()
      await victim.done()
      expect(victim.falseConflicts()).toEqual([])
      await expectNobodyLostAnything()
    },
  )

  it.each([
    { what: 'an insert', at: command('insert', 'log'), times: 1 },
    { what: 'an insert', at: command('insert', 'log'), times: 2 },
    { what: 'an insert', at: command('insert', 'log'), times: 5 },
    { what: 'storing a key', at: command('insert', 'keys'), times: 2 },
    { what: 'reading the head', at: command('find', 'log'), times: 2 },
  ])('finds its own again when the reply to $what is lost $times times', async ({ at, times }) => {
    const proxies = await scene.behindProxy()
    const victim = await scene.victim('writer', { ...proxies.addresses, run: 'v', ...size.v })
    await scene.victim('writer', { run: 'c', ...size.c })
    const struck = proxies.mongo.arm({ at, moment: 'after', times, strike: async () => 'cut' })
    others().go()
    victim.go()
    await struck
    expect(await scene.bystanderAppends()).toBeLessThan(2000)
    await victim.done()
    expect(victim.falseConflicts()).toEqual([])
    await expectNobodyLostAnything()
  })
})
