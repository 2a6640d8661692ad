import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { type MessageDoc, messageModel, messages } from '../../chat/read-models/messages.js'
import { Engine } from '../../event-store/engine.js'
import { Refused } from '../../event-store/errors.js'
import { notRemoved } from '../../event-store/projecting/projection.js'
import { Bus } from '../../commands/bus.js'
import type { Caller } from '../../commands/caller.js'
import type { Cause } from '../../commands/cause.js'
import { ReadReceipt } from './read-receipt.js'
import type { Receipt } from './receipt.js'
import { Receipts } from './receipts.js'

/** The receipt of a message’s text, for its owner and for auditors. */
export class ReadMessageReceipt extends Query<Receipt> {
  constructor(
    readonly cause: Cause,
    readonly caller: Caller,
    readonly messageId: string,
    /** Whether an auditor wants the plaintext. Owners always get theirs. */
    readonly open: boolean,
  ) {
    super()
  }
}

@QueryHandler(ReadMessageReceipt)
export class ReadMessageReceiptHandler implements IQueryHandler<ReadMessageReceipt> {
  constructor(
    private readonly engine: Engine,
    private readonly bus: Bus,
    private readonly receipts: Receipts,
    @InjectModel(messageModel.name) private readonly messages: Model<MessageDoc>,
  ) {}

  async execute({ cause, caller, messageId, open }: ReadMessageReceipt): Promise<Receipt> {
    const ownOnly = caller.role === 'user' ? { userId: caller.id } : {}
    const doc = await this.engine.findIn(messages, () =>
      this.messages.findOne({ _id: messageId, ...ownOnly, ...notRemoved }).lean<MessageDoc>(),
    )
    if (!doc) throw new Refused('not_found', 'there is no such message')
    const position = await this.receipts.positionOf(envelopeOf(doc))
    if (doc.userId !== caller.id) return this.bus.query(new ReadReceipt(cause, position, open))
    return this.receipts.make(await this.receipts.appendAt(position), position, { open: true })
  }
}

function envelopeOf({ text, error, status }: MessageDoc) {
  const envelope = text ?? error?.detail
  if (envelope) return envelope
  if (status === 'pending')
    throw new Refused('reply_in_progress', 'the answer is still being written; ask again when it has ended')
  throw new Refused('not_found', 'the message has no text that could be proven')
}
