import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { lastPosition } from '../../event-store/event.js'
import type { Cause } from '../../commands/cause.js'
import { Evidence } from '../evidence/evidence.js'
import type { Receipt } from './receipt.js'
import { Receipts } from './receipts.js'

/** The receipt of any event, for auditors; the read is recorded. */
export class ReadReceipt extends Query<Receipt> {
  constructor(
    readonly cause: Cause,
    readonly position: number,
    readonly open: boolean,
  ) {
    super()
  }
}

@QueryHandler(ReadReceipt)
export class ReadReceiptHandler implements IQueryHandler<ReadReceipt> {
  constructor(
    private readonly evidence: Evidence,
    private readonly receipts: Receipts,
  ) {}

  /** The receipt is made while the read is recorded, and returned after it. */
  async execute({ cause, position, open }: ReadReceipt): Promise<Receipt> {
    const append = await this.receipts.appendAt(position)
    const recorded = this.evidence.record(cause, {
      what: 'receipt',
      of: String(position),
      upTo: lastPosition(append),
      opened: open,
    })
    const [receipt] = await Promise.all([this.receipts.make(append, position, { open }), recorded])
    return receipt
  }
}
