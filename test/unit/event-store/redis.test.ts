import { Redis } from 'ioredis'
import type { Db } from 'mongodb'
import { dedicatedConnection, redisName } from '../../../src/event-store/redis.js'

describe('what is in Redis', () => {
  it('has the name of its database', () => {
    expect(redisName({ databaseName: 'chats' } as Db, 'queue', 'replies')).toBe('verbatim:chats:queue:replies')
  })

  it('is read with a connection that waits as long as it takes, connects by itself, and is quiet', async () => {
    const redis = new Redis(process.env.VERBATIM_TEST_REDIS_URL!, { lazyConnect: true, commandTimeout: 1 })
    const own = dedicatedConnection(redis)
    expect(own.options).toMatchObject({ lazyConnect: false, enableOfflineQueue: true, maxRetriesPerRequest: null })
    expect(await own.blpop('nobody-pushes-here', 0.05)).toBeNull()
    expect(() => own.emit('error', new Error('the line is down'))).not.toThrow()
    own.disconnect()
    redis.disconnect()
  })
})
