import {
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoParseError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb'
import { isDuplicateKey, isRetryable } from '../../../src/event-store/database-errors.js'
import { WriteNotDurable } from '../../../src/event-store/durability.js'

/** As Node makes it: "write ECONNRESET". */
function systemError(text: string): Error {
  const [syscall, code] = text.split(' ')
  return Object.assign(new Error(text), { syscall, code })
}

const server = (fields: object) => new MongoServerError({ errmsg: 'no', ...fields })

describe('an error of the database', () => {
  it.each<[string, unknown]>([
    ['a connection that was cut', new MongoNetworkError('cut')],
    ['no server that can be reached', new MongoServerSelectionError('nobody', {} as never)],
    ['no connection', new MongoNotConnectedError('none')],
    ['a write that is not durable yet', new WriteNotDurable({ errmsg: 'timed out' })],
    ['a primary that has stepped down', server({ code: 11602 })],
    ['no primary', server({ code: 10107 })],
    ['an operation that took too long', server({ code: 50 })],
    ...[
      'MongoNetworkTimeoutError',
      'MongoPoolClearedError',
      'PoolClearedOnNetworkError',
      'MongoWaitQueueTimeoutError',
      'MongoTopologyClosedError',
      'MongoWriteConcernError',
      'MongoOperationTimeoutError',
    ].map((name): [string, unknown] => [name, Object.defineProperty(new MongoError('no'), 'name', { value: name })]),
    ['a code that is text', server({ code: '189' })],
    ['a label', server({ code: 1, errorLabels: ['RetryableWriteError'] })],
    ...['write ECONNRESET', 'read ETIMEDOUT', 'write EPIPE', 'connect ECONNREFUSED', 'getaddrinfo EAI_AGAIN'].map(
      (text): [string, unknown] => [text, systemError(text)],
    ),
    ['a write concern that was not reached', server({ code: 1, writeConcernError: {} })],
  ])('may be over when the call is repeated: %s', (_, error) => expect(isRetryable(error)).toBe(true))

  it.each<[string, unknown]>([
    ['a value that is taken', server({ code: 11000 })],
    ['a command that is none', server({ code: 59, errorLabels: ['Other'] })],
    ['a wrong address', new MongoParseError('what?')],
    ['an error of ours', new Error('no')],
    ['a stranger with the name', Object.assign(new Error('no'), { name: 'MongoNetworkError' })],
    ['a file that is not there', systemError('open ENOENT')],
    ['a stranger with the code', Object.assign(new Error('no'), { code: 'ECONNRESET' })],
    ['nothing', undefined],
  ])('stays when the call is repeated: %s', (_, error) => expect(isRetryable(error)).toBe(false))

  it('tells that a value is taken', () => {
    expect(isDuplicateKey(server({ code: 11000 }))).toBe(true)
    for (const other of [server({ code: 11602 }), new Error('no'), undefined]) expect(isDuplicateKey(other)).toBe(false)
  })
})
