import { message, messagesPerChat, meta, sealedBytes } from './chat.js'
import { type Contender, type Place, writing } from './contender.js'
import { connect } from './drivers.js'

/** One document per event, with one insertOne each: what the driver does for whoever brings no store at all. */
export const insertOne: Contender = {
  name: 'raw insertOne per event',
  eventsPerCall: 1,
  open: async (place) => {
    const { log, close } = await openLog(place)
    let position = 0
    return writing((chatId, n) => log.insertOne(append(++position, chatId, n)), close)
  },
}

const batch = 500

/** The same documents, 500 at once: the limit of what this server takes. A call is a whole batch. */
export const insertMany: Contender = {
  name: `raw insertMany(${batch})`,
  eventsPerCall: batch,
  open: async (place) => {
    const { log, close } = await openLog(place)
    let position = 0
    const documents = (id: string) =>
      Array.from({ length: batch }, (_, i) =>
        append(++position, `${id}-${Math.floor(i / messagesPerChat)}`, i % messagesPerChat),
      )
    return writing((id, n) => log.insertMany(documents(`${id}-${n}`)), close)
  },
}

type Append = ReturnType<typeof append>

/** As Verbatim stores it, with the index that makes it a log of streams. */
function append(_id: number, stream: string, n: number) {
  const event = {
    type: 'MessageSaid',
    shape: 1,
    data: message(stream, n),
    commitment: sealedBytes(32),
    personal: sealedBytes(300),
  }
  return { _id, n: 1, stream, version: n + 1, at: new Date(), meta: meta(), events: [event] }
}

async function openLog({ mongoUri, database }: Place) {
  const client = await connect(mongoUri)
  const log = client.db(database).collection<Append>('log')
  await log.createIndex({ stream: 1, version: 1 }, { unique: true })
  return { log, close: () => client.close() }
}
