import { Redis } from 'ioredis'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { EmbeddedEngines } from '../../../src/embedded/index.js'
import { withRedis } from '../../support/embedded/clients.js'
import { endEverything, newFolder, start, until } from '../../support/embedded/lives.js'

let engines: EmbeddedEngines
let redis: Redis
const said: string[] = []

beforeAll(async () => {
  engines = await start({ dataDir: newFolder(), mongo: false, say: (line) => said.push(line) })
  redis = new Redis(engines.redisUrl!)
})

afterAll(async () => {
  redis?.disconnect()
  await endEverything()
})

const port = () => Number(new URL(engines.redisUrl!).port)
const percentile = (times: number[], share: number) => times.sort((a, b) => a - b)[Math.floor(times.length * share)]!

const ping = () =>
  new Promise<void>((resolve, reject) => {
    const socket = connect(port(), '127.0.0.1', () => socket.write('PING\r\n'))
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer')))
    socket.on('error', reject).on('data', () => socket.destroy())
    socket.on('close', () => resolve())
  })

describe('The embedded Valkey', () => {
  test('delivers what is published to whoever subscribed', async () => {
    await withRedis(engines.redisUrl, async (subscriber) => {
      const received: string[] = []
      subscriber.on('message', (channel, text) => received.push(`${channel} ${text}`))
      await subscriber.subscribe('news')
      expect(await redis.publish('news', 'one')).toBe(1)
      await redis.publish('news', 'two')
      await until('both arrived', () => received.length === 2)
      expect(received).toEqual(['news one', 'news two'])
    })
  })

  test('hands a list to waiting clients, first come first served, and lets them go in time', async () => {
    await withRedis(engines.redisUrl, (second) =>
      withRedis(engines.redisUrl, async (first) => {
        const order: string[] = []
        const waits = [first.blpop('turn', 5).then(() => order.push('first'))]
        await until('the first waits', async () => /blocked_clients:1\r/.test(await redis.info('clients')))
        waits.push(second.blpop('turn', 5).then(() => order.push('second')))
        await until('the second waits', async () => /blocked_clients:2\r/.test(await redis.info('clients')))
        await redis.rpush('turn', 'a')
        await until('one was served', () => order.length === 1)
        await redis.rpush('turn', 'b')
        await Promise.all(waits)
        expect(order).toEqual(['first', 'second'])

        const started = performance.now()
        expect(await first.blpop('nothing', 0.25)).toBeNull()
        expect(performance.now() - started).toBeGreaterThan(240)
        expect(performance.now() - started).toBeLessThan(1_000) // it takes parts of a second
      }),
    )
  })

  test('runs Lua scripts, and survives their errors', async () => {
    const increment = "return redis.call('INCRBY', KEYS[1], ARGV[1])"
    expect(await redis.eval(increment, 1, 'counter', 5)).toBe(5)
    await expect(redis.eval("return redis.call('NO SUCH COMMAND')", 0)).rejects.toThrow(/[Uu]nknown/)
    await expect(redis.eval("error('mine')", 0)).rejects.toThrow(/mine/)
    expect(await redis.eval(increment, 1, 'counter', 5)).toBe(10)
  })

  test('expires keys by the clock on the wall', async () => {
    const [seconds] = await redis.time()
    expect(Math.abs(Number(seconds) - Date.now() / 1000)).toBeLessThan(2)
    await redis.set('brief', 'x', 'PX', 30)
    await until('the key is gone', async () => (await redis.exists('brief')) === 0)
  })

  test('answers many requests at once, each once and in order', async () => {
    const answers = await Promise.all(Array.from({ length: 3_000 }, () => redis.incr('hits')))
    expect(answers).toEqual(Array.from({ length: 3_000 }, (_, i) => i + 1))
  })

  test('sends small messages without waiting for the last one to be acknowledged', async () => {
    await withRedis(engines.redisUrl, async (subscriber) => {
      const delays: number[] = []
      subscriber.on('message', (_, sent) => delays.push(performance.now() - Number(sent)))
      await subscriber.subscribe('ticks')
      for (let i = 0; i < 100; i++) {
        await redis.publish('ticks', String(performance.now()))
        await pause(i % 5)
      }
      await until('all arrived', () => delays.length === 100)
      expect(percentile(delays, 0.5)).toBeLessThan(10) // up to 40 with Nagle's algorithm
    })
  })

  test('carries values larger than any buffer', async () => {
    const large = Buffer.alloc(5_000_000, 'abcdefghij')
    await redis.set('large', large)
    expect((await redis.getBuffer('large'))!.equals(large)).toBe(true)
    await redis.del('large')
  })

  test('still takes connections after more of them than it has descriptors', async () => {
    for (let batch = 0; batch < 130; batch++) await Promise.all(Array.from({ length: 50 }, ping))
    expect(await redis.ping()).toBe('PONG')
  })

  test('drops a subscriber that does not read instead of keeping everything for it', async () => {
    await redis.config('SET', 'client-output-buffer-limit', 'pubsub 1mb 1mb 0')
    const lazy = connect(port(), '127.0.0.1')
    lazy.on('error', () => {})
    lazy.write('SUBSCRIBE flood\r\n')
    await until('it has subscribed', async () => (await redis.pubsub('NUMSUB', 'flood'))[1] === 1)
    const flood = Buffer.alloc(20_000)
    for (let sent = 0; sent < 1_000 && (await redis.publish('flood', flood)) > 0; sent++);
    expect(await redis.pubsub('NUMSUB', 'flood')).toEqual(['flood', 0])
    lazy.destroy()
  })

  test('that a client has shut down is started again on its port, with what was saved', async () => {
    await redis.set('kept', 'yes')
    await redis.save()
    connect(port(), '127.0.0.1').end('SHUTDOWN NOSAVE\r\n')
    await until('it was told', () => said.some((line) => /^redis ended with .* it runs again/.test(line)))
    expect(await redis.get('kept')).toBe('yes')
  })
})
