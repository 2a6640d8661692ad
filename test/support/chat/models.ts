import { createConnection } from 'mongoose'
import { Registry } from 'prom-client'
import { BranchFinder } from '../../../src/chat/branch-finder.js'
import { Chats } from '../../../src/chat/chats.js'
import { type ChatDoc, chatModel } from '../../../src/chat/read-models/chats.js'
import { type MessageDoc, messageModel } from '../../../src/chat/read-models/messages.js'
import type { Engine } from '../../../src/event-store/engine.js'
import { Providers } from '../../../src/llm/providers.js'
import { ModelNames } from '../../../src/telemetry/model-names.js'
import { ReplyMetrics } from '../../../src/telemetry/reply-metrics.js'
import type { Place } from '../event-store/engines.js'

/** Where mongoose finds the read models of this place. */
export const modelsIn = ({ client, db }: Pick<Place, 'client' | 'db'>) =>
  createConnection().setClient(client).useDb(db.databaseName)

/** The streams of chats, without a service around them. */
export function chatsOver(engine: Engine, metrics = new Registry()): Chats {
  const names = new ModelNames(new Providers({ defaultModel: 'offline/echo' }))
  return new Chats(engine, new ReplyMetrics(metrics, names))
}

/** What finds messages in branches, over the read models of this place. */
export function branchFinder(engine: Engine, place: Place): BranchFinder {
  const models = modelsIn(place)
  return new BranchFinder(
    engine,
    models.model<ChatDoc>(chatModel.name, chatModel.schema),
    models.model<MessageDoc>(messageModel.name, messageModel.schema),
  )
}
