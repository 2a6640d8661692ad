import { MongoError, MongoServerError } from 'mongodb'
import { WriteNotDurable } from './durability.js'
import { ReadNotDurable } from './durable-reads.js'

/**
 * Whether the same call may succeed when it is repeated: the connection, an election or the load was at fault, not the
 * call. It is unknown whether the call took effect this time.
 */
export function isRetryable(error: unknown): boolean {
  if (error instanceof WriteNotDurable || error instanceof ReadNotDurable) return true
  if (error instanceof MongoServerError) {
    return (
      retryableCodes.has(Number(error.code)) ||
      error.hasErrorLabel('RetryableWriteError') ||
      'writeConcernError' in error
    )
  }
  return (error instanceof MongoError && retryableNames.has(error.name)) || isLostConnection(error)
}

/** The driver passes on some errors of the system as they come: `write ECONNRESET`. */
function isLostConnection(error: unknown): boolean {
  const { code, syscall } = error instanceof Error ? (error as NodeJS.ErrnoException) : {}
  return code !== undefined && syscall !== undefined && lostConnectionCodes.has(code)
}

const lostConnectionCodes = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
])

const retryableNames = new Set([
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoServerSelectionError',
  'MongoPoolClearedError',
  'PoolClearedOnNetworkError',
  'MongoWaitQueueTimeoutError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoWriteConcernError',
  'MongoOperationTimeoutError',
])

/**
 * Elections, shutdowns, operations that were interrupted or timed out, write concerns that were not reached in time.
 */
const retryableCodes = new Set([
  6, 7, 50, 64, 89, 91, 100, 112, 134, 189, 262, 317, 358, 9001, 10058, 10107, 11600, 11602, 13435, 13436,
])

/** Whether a unique index has this value already. */
export const isDuplicateKey = (error: unknown): boolean => (error as { code?: unknown } | undefined)?.code === 11000
