import { message, meta, text } from './messages.js'
import { type Contender, openContender } from './contender.js'
import { openEmmett } from '../runner/drivers.js'

/** emmett's own store on MongoDB: one document per stream, to which it adds events. It seals nothing. */
export const emmett: Contender = {
  name: 'emmett-mongodb',
  eventsPerCall: 1,
  open: async ({ mongoUri, database }) => {
    const { store, close } = await openEmmett(mongoUri, database)
    return openContender((chatId, n) => {
      const event = { type: 'MessageSaid', data: { ...message(chatId, n), text: text() }, metadata: meta() }
      return store.appendToStream(chatId, [event])
    }, close)
  },
}
