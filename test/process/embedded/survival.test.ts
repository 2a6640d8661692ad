import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { isAlive } from '../../../src/embedded/is-alive.js'
import { withNotes, withRedis, write, writeUntilItFails, written } from '../../support/embedded/clients.js'
import {
  allGone,
  endEverything,
  newFolder,
  spawnParent,
  start,
  startParent,
  until,
} from '../../support/embedded/lives.js'

afterEach(endEverything)

describe('The data folder', () => {
  test('keeps what both engines held over a clean restart', async () => {
    const dataDir = newFolder()
    const first = await start({ dataDir })
    await write(first.mongoUri, 1, 2)
    await withRedis(first.redisUrl, (redis) => redis.set('greeting', 'hello'))
    await first.stop()

    const second = await start({ dataDir })
    expect(await written(second.mongoUri)).toEqual([1, 2])
    expect(await withRedis(second.redisUrl, (redis) => redis.get('greeting'))).toBe('hello')
  })

  test('is free at once for the next start after a stop, however often', async () => {
    const dataDir = newFolder()
    for (let id = 1; id <= 3; id++) {
      const engines = await start({ dataDir })
      await write(engines.mongoUri, id)
      await engines.stop()
    }
    expect(await written((await start({ dataDir })).mongoUri)).toEqual([1, 2, 3])
  })
})

describe('A stop', () => {
  test('takes less than 5 s and leaves no process', async () => {
    const engines = await start({ dataDir: newFolder() })
    const pids = [engines.supervisorPid, engines.mongodPid!]
    const started = Date.now()
    await engines.stop()
    expect(Date.now() - started).toBeLessThan(5_000)
    expect(pids.filter(isAlive)).toEqual([])
  })

  test('also ends a supervisor that no longer listens', async () => {
    const engines = await start({ dataDir: newFolder() })
    const pids = [engines.supervisorPid, engines.mongodPid!]
    process.kill(engines.supervisorPid, 'SIGSTOP')
    const started = Date.now()
    await engines.stop()
    expect(Date.now() - started).toBeLessThan(5_000)
    expect(pids.filter(isAlive)).toEqual([])
  })
})

describe('kill -9 of the service', () => {
  test('leaves no process, and loses nothing that was acknowledged', async () => {
    const dataDir = newFolder()
    const parent = await startParent(dataDir)
    await withRedis(parent.redisUrl, (redis) => redis.set('greeting', 'hello'))
    const writing = writeUntilItFails(parent.mongoUri)
    await pause(200) // not for something to happen, but for some writes to be in
    process.kill(parent.pid, 'SIGKILL')
    const acknowledged = await writing
    await allGone([parent.pid, parent.supervisorPid, parent.mongodPid])

    const next = await start({ dataDir })
    expect(acknowledged.length).toBeGreaterThan(0)
    expect(await written(next.mongoUri)).toEqual(expect.arrayContaining(acknowledged))
    expect(await withRedis(next.redisUrl, (redis) => redis.get('greeting'))).toBe('hello')
  })

  test('in the middle of a start leaves nothing either', async () => {
    const dataDir = newFolder()
    const file = join(dataDir, 'supervisor.pid')
    const parent = spawnParent(dataDir)
    await until('its supervisor has the folder', () => existsSync(file) && readFileSync(file, 'utf8') !== '')
    const supervisor = Number.parseInt(readFileSync(file, 'utf8'), 10)
    parent.kill('SIGKILL')
    await allGone([parent.pid!, supervisor])
    const next = await start({ dataDir })
    expect(next.mongodPid).toBeGreaterThan(0)
  })

  test('and a start right behind it wait for each other', async () => {
    const dataDir = newFolder()
    const parent = await startParent(dataDir)
    await write(parent.mongoUri, 1)
    process.kill(parent.pid, 'SIGKILL')
    const next = await start({ dataDir })
    expect(await written(next.mongoUri)).toEqual([1])
  })
})

describe('kill -9 of the supervisor', () => {
  test('ends mongod too, tells the service, and loses nothing that was acknowledged', async () => {
    const dataDir = newFolder()
    const engines = await start({ dataDir })
    const pids = [engines.supervisorPid, engines.mongodPid!]
    const writing = writeUntilItFails(engines.mongoUri)
    await pause(200)
    process.kill(engines.supervisorPid, 'SIGKILL')
    const next = start({ dataDir }) // while that mongod may still be stopping
    expect((await engines.failure).message).toMatch(/supervisor .*SIGKILL/)
    const acknowledged = await writing
    await allGone(pids)

    expect(acknowledged.length).toBeGreaterThan(0)
    expect(await written((await next).mongoUri)).toEqual(expect.arrayContaining(acknowledged))
  })
})

describe('kill -9 of mongod', () => {
  test('brings another one on the same port, which a connected driver finds by itself', async () => {
    const said: string[] = []
    const engines = await start({ dataDir: newFolder(), redis: false, say: (line) => said.push(line) })
    const killed = engines.mongodPid!
    await withNotes(engines.mongoUri, async (notes) => {
      await notes.insertOne({ _id: 1 })
      process.kill(killed, 'SIGKILL')
      await until('the driver can write again', () => notes.insertOne({ _id: 2 }).then(Boolean, () => false))
      expect(await notes.countDocuments()).toBe(2)
    })
    await until('the service was told', () =>
      said.some((line) => /^mongod ended with SIGKILL; it runs again on port \d+$/.test(line)),
    )
    expect(engines.mongodPid).not.toBe(killed)
  })

  test('loses nothing that was acknowledged', async () => {
    const engines = await start({ dataDir: newFolder(), redis: false })
    await withNotes(engines.mongoUri, async (notes) => {
      const acknowledged: number[] = []
      for (let id = 1; id <= 300; id++) {
        if (await notes.insertOne({ _id: id }).then(Boolean, () => false)) acknowledged.push(id)
        if (id === 150) process.kill(engines.mongodPid!, 'SIGKILL') // right behind an acknowledgement
      }
      const found = await notes.find().toArray()
      expect(acknowledged.length).toBeGreaterThan(200)
      expect(found.map(({ _id }) => _id)).toEqual(expect.arrayContaining(acknowledged))
    })
  })
})
