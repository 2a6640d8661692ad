import { primaryTermOf } from '../durability.js'
import { type Certificate, certificateOf, storeCertificate } from './certificate.js'
import type { Comparison } from './comparison.js'
import { digestOf } from './digest.js'
import { LeaseLost } from './lease.js'
import { comparisonOf, followLive, liveHasReached } from './live-comparison.js'
import type { ProjectingContext } from './projecting-context.js'
import type { Projection } from './projection.js'
import type { ReadModelCollection } from './read-model-collection.js'
import { replaceModel } from './replacement.js'
import { Shadow, type ShadowOptions } from './shadow.js'

const mostIds = 20

/**
 * Builds the model anew in a shadow collection while the live one goes on, then puts the shadow in its place.
 *
 * The shadow need not be durable while it grows. One durable write in the end, made while the same process is still
 * the primary, makes all of it durable.
 */
export class Rebuild {
  private readonly shadow: Shadow

  constructor(
    private readonly context: ProjectingContext,
    private readonly projection: Projection,
    options?: ShadowOptions,
  ) {
    this.shadow = new Shadow(context, projection, options)
  }

  run(): Promise<Certificate> {
    return this.shadow.underLease(async (model) => {
      const primaryTerm = await primaryTermOf(this.context.db)
      await this.shadow.build()
      const comparison = (await liveHasReached(this.shadow)) ? comparisonOf(this.shadow) : undefined
      const certificate = await this.certify(comparison)
      await (comparison ? followLive(this.shadow) : this.shadow.catchUp()) // or the live model would have to wait for it
      return await this.replaceLive(model, primaryTerm, certificate, comparison)
    })
  }

  /** Of the shadow when it first reached the end of the log; after that it goes on. The comparison reads it anyway. */
  private async certify(comparison?: Comparison): Promise<Certificate> {
    const { context, projection, shadow } = this
    const { position } = shadow
    const indexed = shadow.removesByValue ? undefined : shadow.index() // quicker now than with each document
    const [digest, root] = await Promise.all([
      comparison?.run() ?? digestOf(context.db, shadow.collection),
      context.logRoot(position),
      indexed,
    ])
    if (digest) return certificateOf(projection, { position, root, digest, skipped: shadow.skipped })
    const later = { position: shadow.position, digest: await digestOf(context.db, shadow.collection) }
    return certificateOf(projection, {
      ...later,
      root: await context.logRoot(later.position),
      skipped: shadow.skipped,
    })
  }

  /** The live model stops where it is; the shadow follows to there and takes its name. Reads never go back in time. */
  private async replaceLive(
    { uuid }: ReadModelCollection,
    primaryTerm: string,
    certificate: Certificate,
    comparison?: Comparison,
  ): Promise<Certificate> {
    const { context, shadow, projection } = this
    return await shadow.whileLiveHeld(async () => {
      const difference = await comparison?.finish()
      if (comparison) await shadow.catchUp() // little, and then it is sure that the log can be read to its end
      const live = difference && {
        differing: difference.differing,
        ids: difference.documents.slice(0, mostIds).map(({ id }) => id),
      }
      const stored = await storeCertificate(context.db, { ...certificate, ...(live && { live }) })
      // A crash here leaves a certificate of a model that did not take its place.
      await shadow.mustHold()
      if ((await primaryTermOf(context.db)) !== primaryTerm) throw new LeaseLost()
      await replaceModel(context, shadow.live, {
        collection: shadow.collection,
        uuid,
        position: shadow.position,
        version: projection.version,
      })
      return stored
    })
  }
}
