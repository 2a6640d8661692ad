import { type Load, type Measured, write } from './load.js'

/** Where the servers are, and the name of a database that nobody used before. */
export interface Place {
  readonly mongoUri: string
  readonly redisUrl: string
  readonly database: string
}

/** A way to write events. */
export interface Contender {
  readonly name: string
  readonly eventsPerCall: number
  open(place: Place): Promise<Opened>
}

/** Several processes measure one each. */
export interface Opened {
  write(load: Load): Promise<Measured[]>
  close(): Promise<void>
}

/** What one process writes. */
export const writing = (
  append: (chatId: string, n: number) => Promise<unknown>,
  close: () => Promise<void>,
): Opened => ({
  write: async (load) => [await write(load, append)],
  close,
})
