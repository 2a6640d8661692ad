import { InjectModel } from '@nestjs/mongoose'
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { Model } from 'mongoose'
import { Engine } from '../../event-store/engine.js'
import { Refused } from '../../event-store/errors.js'
import { notRemoved } from '../../event-store/projecting/projection.js'
import { type MessageDoc, messageModel, messages } from './messages.js'

/** A message of this owner, still sealed. */
export class FindMessage extends Query<MessageDoc> {
  constructor(
    readonly messageId: string,
    readonly ownerId: string,
  ) {
    super()
  }
}

@QueryHandler(FindMessage)
export class FindMessageHandler implements IQueryHandler<FindMessage> {
  constructor(
    private readonly engine: Engine,
    @InjectModel(messageModel.name) private readonly messages: Model<MessageDoc>,
  ) {}

  async execute({ messageId, ownerId }: FindMessage): Promise<MessageDoc> {
    const doc = await this.engine.findIn(messages, () =>
      this.messages.findOne({ _id: messageId, userId: ownerId, ...notRemoved }).lean<MessageDoc>(),
    )
    if (!doc) throw new Refused('not_found', 'there is no such message')
    return doc
  }
}
