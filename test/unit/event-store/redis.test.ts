import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import type { Db } from 'mongodb'
import { dedicatedConnection, redisName, RedisScript } from '../../../src/event-store/redis.js'
import { Proxy } from '../../fault/proxy.js'

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

describe('a script', () => {
  it('runs where it has never run, and again; what is wrong with it is told', async () => {
    const redis = new Redis(process.env.VERBATIM_TEST_REDIS_URL!)
    const script = new RedisScript(`return {KEYS[1], ARGV[1], '${randomBytes(8).toString('hex')}'}`)
    const [first, again] = [await script.run(redis, ['a'], 1), await script.run(redis, ['b'], 2)]
    expect([first, again]).toEqual([
      ['a', '1', expect.any(String)],
      ['b', '2', expect.any(String)],
    ])
    await expect(new RedisScript('return redis.error_reply("ERR no")').run(redis, [])).rejects.toThrow('ERR no')
    redis.disconnect()
  })
})

describe('a connection of its own', () => {
  let proxy: Proxy
  let redis: Redis
  let own: Redis
  let other: Redis

  beforeEach(async () => {
    const url = process.env.VERBATIM_TEST_REDIS_URL!
    proxy = await Proxy.before(Number(new URL(url).port), 'redis')
    // As the service has it: commands fail at once while Redis is away.
    const failing = { lazyConnect: true, enableOfflineQueue: false, autoResendUnfulfilledCommands: false }
    redis = new Redis(`redis://127.0.0.1:${proxy.port}`, { ...failing, maxRetriesPerRequest: 0 })
    own = dedicatedConnection(redis, 300)
    other = new Redis(url)
  })
  afterEach(async () => {
    for (const one of [own, redis, other]) one.disconnect()
    await proxy.close()
  })

  it('repeats a command whose answer was lost with the connection', async () => {
    await own.ping()
    proxy.swallowAnswers()
    const answer = own.echo('still there')
    await other.ping()
    proxy.cut()
    proxy.mend()
    expect(await answer).toBe('still there')
  })

  it('is opened anew when a command gets no answer', async () => {
    await own.ping()
    proxy.swallowAnswers()
    const answer = own.echo('still there')
    own.once('close', () => proxy.mend())
    expect(await answer).toBe('still there')
  })

  it('is opened anew when it is silent, and hears what it has subscribed to again', async () => {
    const heard = new Promise((resolve) => own.on('message', (_, message: string) => resolve(message)))
    await own.subscribe('silence')
    const again = new Promise((resolve) => own.once('close', () => own.once('ready', resolve)))
    proxy.swallowAnswers()
    own.once('close', () => proxy.mend())
    await again
    while ((await other.publish('silence', 'broken')) === 0) await other.ping()
    expect(await heard).toBe('broken')
  })

  it('asks nothing more when it was ended', async () => {
    await own.ping()
    const ended = new Promise((resolve) => own.once('end', resolve))
    own.disconnect()
    await ended
    await expect(own.ping()).rejects.toThrow('Connection is closed')
  })
})
