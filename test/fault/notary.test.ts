import { randomBytes } from 'node:crypto'
import { LogRoot } from '../../src/notary/log-root.js'
import type { Notary } from '../../src/notary/notary.js'
import { TreeStore } from '../../src/notary/tree-store.js'
import { verifyLog } from '../../src/audit/verification/verify-log.js'
import { openCheckpoint, type TreeHead } from '../../src/proof/checkpoint.js'
import { noteSigner } from '../../src/proof/note.js'
import { eventually } from '../support/event-store/engines.js'
import { notaryOf, origin } from './notaries.js'
import { command, type Fault, type Moment, withField } from './proxy.js'
import { Scene, type Victim } from './scene.js'
import { each, eachMomentOf, freeze, held, history, kill } from './strikes.js'
import { intact } from '../support/audit/verified.js'

const seed = randomBytes(32)
const key = noteSigner(origin, seed).verifierKey

let scene: Scene
let watch: Watch
let survivor: Notary | undefined

beforeEach(async () => {
  scene = await Scene.set()
  watch = new Watch(new TreeStore(scene.place.db, origin))
})
afterEach(async () => {
  await survivor?.stop()
  survivor = undefined
  await watch?.end()
  await scene?.clear()
})

/** Sees every checkpoint that is shown for longer than a moment. */
class Watch {
  readonly heads: TreeHead[] = []
  private watching = true
  private readonly ended = this.look()

  constructor(readonly trees: TreeStore) {}

  private async look(): Promise<void> {
    while (this.watching) {
      const note = (await this.trees.read())?.note
      if (note) this.heads.push(openCheckpoint(note, [key]))
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
  }

  async end(): Promise<void> {
    this.watching = false
    await this.ended
  }
}

const steps: Record<string, Fault['at']> = {
  'taking the lease': withField(command('findAndModify', 'checkpoints'), 'wanted'),
  'beginning the tree': command('update', 'notary'),
  'keeping full tiles': command('insert', 'tiles'),
  'moving size and root on': command('findAndModify', 'notary'),
  'storing the signature': withField(command('update', 'notary'), 'signedAt'),
}

describe('a notary', () => {
  async function signing(
    { at, moment }: { at: Fault['at']; moment: Moment },
    strike: (victim: Victim) => Fault['strike'],
    until?: Promise<void>,
  ) {
    await history(scene, 0, 60)
    const { mongo, addresses } = await scene.behindProxy()
    const victim = await scene.victim('notary', { ...addresses, seed: seed.toString('hex') })
    const struck = mongo.arm({ at, moment, strike: strike(victim), until })
    victim.go()
    await struck
    return victim
  }

  async function allIsSigned(): Promise<void> {
    const head = await scene.bystander.store.head()
    await eventually(
      async () => watch.heads.at(-1)?.size ?? 0,
      (size) => size === head,
    )
  }

  /** Every checkpoint that was ever seen is one of the same log, and the log still has all of it. */
  async function expectOneLine(): Promise<void> {
    const sizes = watch.heads.map(({ size }) => size)
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b))
    const { db } = scene.place
    for (const { size, root } of new Map(
      watch.heads.map((head) => [`${head.size} ${head.root.toString('hex')}`, head]),
    ).values()) {
      expect(await new LogRoot(db, scene.bystander.log).at(size)).toBe(root.toString('hex'))
    }
    expect(await intact(verifyLog({ log: scene.bystander.log, trees: watch.trees, keys: [key] }))).toMatchObject({
      signed: { size: await scene.bystander.store.head() },
    })
  }

  it.each(eachMomentOf(steps))('killed $moment $step: another goes on, and all that was signed holds', async (step) => {
    await signing(step, kill)
    await history(scene, 60, 65)
    survivor = notaryOf(scene.bystander, scene.place.db, seed)
    survivor.start()
    await allIsSigned()
    await expectOneLine()
  })

  it.each(each(steps))('frozen $moment $step until another has gone on: it signs nothing else', async (step) => {
    const { until, release } = held()
    const victim = await signing(step, freeze, until)
    survivor = notaryOf(scene.bystander, scene.place.db, seed)
    survivor.start()
    await history(scene, 60, 120)
    await allIsSigned()
    victim.signal('SIGCONT')
    release()
    await history(scene, 120, 130)
    await allIsSigned()
    await expectOneLine()
  })
})
