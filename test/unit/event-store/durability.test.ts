import { type Db, MongoClient } from 'mongodb'
import {
  durableWriteConcern,
  primaryTermOf,
  withDurableWrites,
  WriteNotDurable,
} from '../../../src/event-store/durability.js'
import { Place } from '../../support/event-store/engines.js'

/** A server that says this of itself. The client has no connection to any: it only remembers how it would write. */
function serverThatSays(hello: object): Db {
  const db = new MongoClient('mongodb://127.0.0.1:1').db('verbatim')
  return Object.assign(db, { admin: () => ({ command: async () => hello }) })
}

describe('a durable write', () => {
  it.each([
    ['a replica set', { setName: 'rs0' }, 'majority'],
    ['a sharded cluster', { msg: 'isdbgrid' }, 'majority'],
    ['a single server', { msg: 'other' }, 1],
  ])('is asked of %s', async (_, hello, w) => {
    const db = await withDurableWrites(serverThatSays(hello))
    expect(db.databaseName).toBe('verbatim')
    expect(durableWriteConcern(db)).toEqual({ w, j: true })
  })

  it('is not what a database does by itself', () => {
    const client = new MongoClient('mongodb://127.0.0.1:1')
    for (const writeConcern of [undefined, { w: 1 }, { journal: true }])
      expect(() => durableWriteConcern(client.db('verbatim', { writeConcern }))).toThrow('withDurableWrites()')
  })

  it('says what it lacks', () => {
    expect(new WriteNotDurable({ errmsg: 'timed out' }).message).toContain('not reached a majority: timed out')
  })
})

describe('the term of a primary', () => {
  it('lasts as long as its process, and as long as nobody else is elected', async () => {
    const term = (processId: string, electionId?: string) =>
      primaryTermOf(serverThatSays({ topologyVersion: { processId }, electionId }))
    const first = await term('a', '1')
    expect(await term('a', '1')).toBe(first)
    for (const other of [term('b', '1'), term('a', '2'), term('a')]) expect(await other).not.toBe(first)
    expect(await primaryTermOf(serverThatSays({}))).toBe('undefined undefined')
  })

  it('is the same twice of a server that lives on', async () => {
    const place = await Place.find()
    expect(await primaryTermOf(place.db)).toBe(await primaryTermOf(place.db))
    await place.leave()
  })
})
