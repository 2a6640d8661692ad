import { wholeNumber } from './values.js'
import { group, variable } from './variables.js'

const cap = wholeNumber('a number', 0, 1_000_000_000)

/** How much one account may have at once; 0: any number. Sockets and streams are counted in each process. */
export const caps = group({
  sockets: variable('MAX_SOCKETS_PER_ACCOUNT', cap.default(100)),
  streams: variable('MAX_STREAMS_PER_ACCOUNT', cap.default(100)),
  chats: variable('MAX_CHATS_PER_ACCOUNT', cap.default(10_000)),
  files: variable('MAX_FILES_PER_ACCOUNT', cap.default(1_000)),
})
