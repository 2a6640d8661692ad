import { eventually } from '../support/event-store/engines.js'
import { command, type Fault, type Moment, withField } from './proxy.js'
import { Scene, type Victim } from './scene.js'
import { each, eachMomentOf, either, freeze, held, history, kill, onShadow } from './strikes.js'

let scene: Scene
beforeEach(async () => {
  scene = await Scene.set()
})
afterEach(() => scene?.clear())

const steps: Record<string, Fault['at']> = {
  'taking the lease on the rebuild': withField(command('findAndModify', 'checkpoints'), 'wanted'),
  'making the shadow': command('create'),
  'filling the shadow': either(onShadow('insert', 'notes'), onShadow('insert', 'writers')),
  'indexing the shadow': command('createIndexes'),
  'reading the shadow’s digest': onShadow('find', 'notes'),
  'writing the certificate': command('insert', 'certificates'),
  'asking for the live model': withField(command('findAndModify', 'checkpoints'), 'wantedUntil'),
  'writing down the swap': withField(command('findAndModify', 'checkpoints'), 'collection'),
  'renaming the shadow': command('renameCollection'),
  'moving the checkpoint after the swap': withField(command('findAndModify', 'checkpoints'), 'swap'),
  'dropping its lease': command('delete', 'checkpoints'),
}

describe('a rebuild', () => {
  async function rebuilding(
    { at, moment }: { at: Fault['at']; moment: Moment },
    strike: (victim: Victim) => Fault['strike'],
    until?: Promise<void>,
  ) {
    scene.bystander.start({ projector: true })
    await scene.bystander.projections.waitUntilCurrent()
    await history(scene, 0, 20)
    const { mongo, addresses } = await scene.behindProxy()
    const victim = await scene.victim('rebuilder', addresses)
    const struck = mongo.arm({ at, moment, strike: strike(victim), until })
    victim.go()
    await struck
    return victim
  }

  const theirLeasesEnd = () =>
    eventually(
      () =>
        scene.place.db
          .collection('checkpoints')
          .countDocuments({ _id: /~rebuild$/ as never, until: { $gt: new Date() } }),
      (left) => left === 0,
    )

  it.each(eachMomentOf(steps))('killed $moment $step: the live models go on and come out right', async (step) => {
    await rebuilding(step, kill)
    await history(scene, 20, 25)
    const head = await scene.bystander.store.head()
    await eventually(() => scene.bystander.projections.waitUntilReached(head, undefined, 500), Boolean)
    await theirLeasesEnd()
    await scene.expectRightModels()
  })

  it.each(each(steps))('frozen $moment $step until others have gone on: it ends, and does no harm', async (step) => {
    const { until, release } = held()
    const victim = await rebuilding(step, freeze, until)
    await history(scene, 20, 25)
    const head = await scene.bystander.store.head()
    await eventually(() => scene.bystander.projections.waitUntilReached(head, undefined, 500), Boolean)
    await theirLeasesEnd()
    await scene.expectRightModels()
    victim.signal('SIGCONT')
    release()
    await victim.gone
    await theirLeasesEnd()
    await scene.expectRightModels()
  })
})
