import { message, messagesPerChat, meta, sealedBytes } from './messages.js'
import type { BenchDatabase } from '../runner/servers.js'
import { type Contender, openContender } from './contender.js'
import { connect } from '../runner/drivers.js'

/** One document per event, with one insertOne each: the bare driver, without an event store. */
export const insertOne: Contender = {
  name: 'raw insertOne per event',
  eventsPerCall: 1,
  open: async (database) => {
    const { log, close } = await openLog(database)
    let position = 0
    return openContender((chatId, n) => log.insertOne(append(++position, chatId, n)), close)
  },
}

const batch = 500

/** The same documents, 500 at once: the most that this server can take. A call is a whole batch. */
export const insertMany: Contender = {
  name: `raw insertMany(${batch})`,
  eventsPerCall: batch,
  open: async (database) => {
    const { log, close } = await openLog(database)
    let position = 0
    const documents = (id: string) =>
      Array.from({ length: batch }, (_, i) =>
        append(++position, `${id}-${Math.floor(i / messagesPerChat)}`, i % messagesPerChat),
      )
    return openContender((id, n) => log.insertMany(documents(`${id}-${n}`)), close)
  },
}

type Append = ReturnType<typeof append>

/** An append as Verbatim stores it. */
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

async function openLog({ mongoUri, database }: BenchDatabase) {
  const client = await connect(mongoUri)
  const log = client.db(database).collection<Append>('log')
  await log.createIndex({ stream: 1, version: 1 }, { unique: true })
  return { log, close: () => client.close() }
}
