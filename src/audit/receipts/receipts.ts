import { Injectable } from '@nestjs/common'
import { Engine } from '../../event-store/engine.js'
import { headerOf } from '../../event-store/sealing/envelope.js'
import { isErased, Refused } from '../../event-store/errors.js'
import { type AppendDocument, type Envelope, lastPosition } from '../../event-store/event.js'
import { exportLine, type SealedPlaintext } from '../export/export-line.js'
import { leafOf } from '../../notary/leaf.js'
import { Checkpoints } from '../../notary/checkpoints.js'
import type { Receipt } from './receipt.js'

/** Makes receipts of signed events. */
@Injectable()
export class Receipts {
  constructor(
    private readonly engine: Engine,
    private readonly checkpoints: Checkpoints,
  ) {}

  /** `open` adds the plaintext, for those who may read it; erased events have none. */
  async make(append: AppendDocument, position: number, { open }: { open: boolean }): Promise<Receipt> {
    const index = position - append._id
    const { personal } = append.events[index]!
    const [tree, opened] = await Promise.all([
      this.checkpoints.covering(position),
      open && personal ? this.open(personal) : undefined,
    ])
    const proof = await tree.proof(position)
    return {
      receipt: 'verbatim@v1',
      proof,
      leaf: leafOf(append, index),
      event: JSON.parse(exportLine(append, index, { opened })) as Receipt['event'],
    }
  }

  /** The position of the event that an envelope was sealed for. */
  async positionOf(envelope: Envelope): Promise<number> {
    const { stream, version } = headerOf(envelope)
    const append = await this.engine.log.first({ stream, version: { $lte: version } }, { version: -1 })
    if (!append) throw new Error(`the log has no version ${version} of ${stream}, but there is an envelope of it`)
    return append._id + version - append.version
  }

  /** The append that contains an event. */
  async appendAt(position: number): Promise<AppendDocument> {
    const append = await this.engine.log.appendAtOrBefore(position)
    if (!append || lastPosition(append) < position) throw new Refused('not_found', `the log has no event ${position}`)
    return append
  }

  private async open(envelope: Envelope): Promise<SealedPlaintext | undefined> {
    try {
      return await this.engine.vault.open(envelope)
    } catch (error) {
      if (isErased(error)) return undefined
      throw error
    }
  }
}
