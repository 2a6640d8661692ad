import { randomBytes } from 'node:crypto'
import { Checkpoint, renewEveryMs } from './checkpoint.js'
import { digestOf } from './digest.js'
import { EventStoreError } from './errors.js'
import { LostGround, Model } from './model.js'
import type { Projection } from './projection.js'
import { type ProjectorContext, step } from './projector.js'
import { pause } from './retryable.js'
import { swapIn } from './swap.js'

/** What a rebuild found: two of one log, by the same projection, have the same digest. */
export interface Certificate {
  projection: string
  version: number
  position: number
  events: number
  /** The log's Merkle root at the position. */
  root: string
  digest: string
  at: Date
}

export interface RebuildContext extends ProjectorContext {
  /** The log's Merkle root over its first `position` events. */
  logRoot: (position: number) => Promise<string>
}

export interface RebuildOptions {
  onProgress?: (projection: string, position: number) => void
}

/**
 * Builds the model anew in a shadow collection while the live one goes on, then puts it in its place.
 *
 * Only one process rebuilds a model at a time. If it dies, its shadow is of no use to anybody and the next rebuild
 * drops it, except in the middle of the swap: then the next owner of the model ends the swap.
 */
export class Rebuild {
  private readonly lease: Checkpoint
  private readonly live: Checkpoint
  private readonly shadow: string

  constructor(
    private readonly context: RebuildContext,
    private readonly projection: Projection,
    private readonly options: RebuildOptions = {},
  ) {
    const { name } = projection
    const id = randomBytes(6).toString('hex')
    this.lease = new Checkpoint(context.db, `${name}~rebuild`, `${context.me}:${id}`)
    this.live = new Checkpoint(context.db, name, `${context.me}:${id}`)
    this.shadow = `${name}~${id}`
  }

  async run(): Promise<Certificate> {
    return this.leased(async () => {
      const model = await this.build()
      const certificate = await this.certify(this.shadow, await this.position())
      await this.takePlace(model)
      return certificate
    })
  }

  private async leased<T>(work: () => Promise<T>): Promise<T> {
    const { name, version } = this.projection
    const live = await this.live.ensure(0)
    if (live.version > version) {
      throw new EventStoreError('newer_projection', `${name} is at version ${live.version}, this build has ${version}; use the newer build`)
    }
    await this.lease.ensure(version)
    if (!(await this.lease.acquire())) {
      throw new EventStoreError('rebuild_in_progress', `${name} is being rebuilt already; wait until that has ended`)
    }
    const keeping = setInterval(() => void this.lease.renew().catch(() => {}), renewEveryMs)
    try {
      await this.clearAway()
      if (!(await this.lease.change({ $set: { position: 0, version } }))) throw new LostGround()
      return await work()
    } finally {
      clearInterval(keeping)
      await this.drop(this.shadow)
      await this.lease.drop()
    }
  }

  private async build(): Promise<Model> {
    const model = await Model.open(this.context.db, this.shadow, 'shadow')
    const removesByValue = [...this.projection.on.values()].some((handler) => 'remove' in handler)
    if (removesByValue) await model.index(this.projection) // or every removal would scan the shadow
    await this.catchUp(model)
    if (!removesByValue) await model.index(this.projection) // faster after the documents than with each
    await this.catchUp(model)
    return model
  }

  /** To the head, or to a position that the log has. */
  private async catchUp(model: Model, until = Infinity): Promise<number> {
    const target = { projection: this.projection, model, checkpoint: this.lease }
    for (let position = await this.position(); ; ) {
      if (position >= until) return position
      const batch = await this.context.tail.read(position)
      if (batch.to > position) ({ position } = await step(target, batch, Math.min(batch.to, until)))
      this.options.onProgress?.(this.projection.name, position)
      if (!batch.full && until === Infinity) return position
    }
  }

  private async position(): Promise<number> {
    const at = await this.lease.read()
    if (!at) throw new LostGround()
    return at.position
  }

  private async certify(collection: string, position: number): Promise<Certificate> {
    const { name: projection, version } = this.projection
    const [root, digest] = await Promise.all([this.context.logRoot(position), digestOf(this.context.db, collection)])
    const certificate = { projection, version, position, events: position, root, digest, at: new Date() }
    await this.context.db.collection<Certificate>('certificates').insertOne({ ...certificate })
    return certificate
  }

  /** The live model stops where it is; the shadow follows to there and takes its name. Reads never go back in time. */
  private async takePlace(model: Model): Promise<void> {
    const held = await this.takeLive()
    const keeping = setInterval(() => void this.live.renew().catch(() => {}), renewEveryMs)
    try {
      const position = await this.catchUp(model, held.position)
      await swapIn(this.context, this.live, { collection: this.shadow, uuid: model.uuid, position, version: this.projection.version })
    } finally {
      clearInterval(keeping)
      await this.live.release()
    }
  }

  private async takeLive() {
    for (;;) {
      const held = await this.live.acquire({ version: { $lte: this.projection.version } })
      if (held) return held
      await this.live.want()
      this.context.wake.rouse('log') // the owner may be waiting for events
      await pause(20)
    }
  }

  /** The live model's digest and place, with its projector stopped for as long as that takes. */
  async certifyLive(): Promise<Certificate> {
    const held = await this.takeLive()
    const keeping = setInterval(() => void this.live.renew().catch(() => {}), renewEveryMs)
    try {
      return await this.certify(this.projection.name, held.position)
    } finally {
      clearInterval(keeping)
      await this.live.release()
    }
  }

  /**
   * What rebuilds before this one left behind. The lease is checked between looking and dropping: whoever was held up
   * since then drops only names that are used no more, for each rebuild has one of its own.
   */
  private async clearAway(): Promise<void> {
    const collections = await this.context.db.listCollections({}, { nameOnly: true }).toArray()
    if (!(await this.lease.renew())) throw new LostGround()
    for (const { name } of collections) if (name.startsWith(`${this.projection.name}~`)) await this.drop(name)
  }

  /** What is to be swapped in stays: the next owner of the model ends that. */
  private async drop(shadow: string): Promise<void> {
    if ((await this.live.read())?.swap?.collection !== shadow) await this.context.db.dropCollection(shadow)
  }
}
