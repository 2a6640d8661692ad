import { eventually } from '../support/event-store/engines.js'
import { readModels } from '../support/event-store/notebooks.js'
import { command, type Fault, type Moment, type Proxy, withField } from './proxy.js'
import { Scene, type Victim } from './scene.js'
import { each, eachMomentOf, freeze, held, history, kill } from './strikes.js'

let scene: Scene
beforeEach(async () => {
  scene = await Scene.set()
})
afterEach(() => scene?.clear())

const steps: Record<string, Fault['at']> = {
  'reading a batch': command('find', 'log'),
  'reading documents': command('find', 'notebooks'),
  'writing documents': command('bulkWrite'),
  'removing by value': withField(command('update', 'notes'), 'multi'),
  'moving the checkpoint': withField(command('update', 'checkpoints'), 'position'),
}

describe('a projector', () => {
  async function projecting(
    { at, moment }: { at: Fault['at']; moment: Moment },
    strike: (victim: Victim) => Fault['strike'],
    until?: Promise<void>,
  ) {
    const { mongo, addresses } = await scene.behindProxy()
    const victim = await scene.victim('projector', addresses)
    victim.go()
    await history(scene, 0, 5)
    const all = (list: { version: number; owner?: string }[]) =>
      list.length === 3 && list.every(({ version, owner }) => version === 1 && owner !== undefined)
    const [{ owner } = {}] = await eventually(() => scene.bystander.projections.leases(), all)
    const struck = mongo.arm({ at, moment, strike: strike(victim), until })
    await history(scene, 5, 30)
    await struck
    return { victim, mongo, owner }
  }

  /** It has noticed that its leases are gone: each of its projections asks for them again. */
  const asksForItsLeases = (mongo: Proxy) =>
    mongo.arm({
      at: withField(command('findAndModify', 'checkpoints'), 'wanted'),
      moment: 'after',
      times: 2 * readModels.length,
      strike: async () => 'go on',
    })

  it.each(eachMomentOf(steps))('killed $moment $step: another goes on, and the models come out right', async (step) => {
    await projecting(step, kill)
    await scene.expectRightModels()
    await scene.expectIntactLog()
  })

  it.each(each(steps))(
    'frozen $moment $step until another has taken over: it changes nothing any more',
    async (step) => {
      const { until, release } = held()
      // What it was about to send when it froze arrives only after others have gone on.
      const { victim, mongo, owner: frozen } = await projecting(step, freeze, until)
      scene.bystander.start({ projector: true })
      const head = await scene.bystander.store.head()
      await eventually(() => scene.bystander.projections.waitUntilReached(head, undefined, 500), Boolean)
      const haveMoved = (leases: { owner?: string }[]) =>
        leases.every(({ owner }) => owner !== undefined && owner !== frozen)
      await eventually(() => scene.bystander.projections.leases(), haveMoved)
      const noticed = asksForItsLeases(mongo)
      victim.signal('SIGCONT')
      release()
      await noticed
      await scene.expectRightModels()
      await scene.expectIntactLog()
    },
  )
})
