import { message, meta, text } from './chat.js'
import { type Contender, writing } from './contender.js'
import { openEmmett } from './drivers.js'

/** emmett's own store on MongoDB: one document per stream, to which it adds. It seals nothing. */
export const emmett: Contender = {
  name: 'emmett-mongodb',
  eventsPerCall: 1,
  open: async ({ mongoUri, database }) => {
    const { store, close } = await openEmmett(mongoUri, database)
    return writing((chatId, n) => {
      const event = { type: 'MessageSaid', data: { ...message(chatId, n), text: text() }, metadata: meta() }
      return store.appendToStream(chatId, [event])
    }, close)
  },
}
