import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { type ReplicaSet, startReplicaSet } from '../support/engines/replica-set.js'
import { eventually } from '../support/event-store/engines.js'
import { Scene } from './scene.js'

let folder: string
let mongo: ReplicaSet
let scene: Scene

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verbatim-election-'))
  mongo = await startReplicaSet({ dir: folder, members: 3 })
  scene = await Scene.set(mongo.uri)
})
afterEach(async () => {
  await scene?.clear()
  await mongo?.stop()
  await rm(folder, { recursive: true, force: true })
})

/**
 * A new primary is not enough: while the old one is frozen, the third member goes on waiting for it, and mongod itself
 * acknowledges nothing for some seconds, and then takes half a second for each write. We count from when a plain write
 * of the driver gets through, and add the four writes that an append may have to wait for: those of the two writers
 * before it in line, one of its own that collides, and its own.
 */
async function majorityWrites(): Promise<{ inTimeMs: number }> {
  const client = await MongoClient.connect(mongo.uri, { writeConcern: { w: 'majority', journal: true } })
  const writes = client.db('probe').collection('writes')
  await writes.insertOne({})
  const began = performance.now()
  await writes.insertOne({})
  const oneWriteMs = performance.now() - began
  await client.close()
  return { inTimeMs: 2000 + 4 * oneWriteMs }
}

const size = { writers: 8, commands: 150 }

describe('an election in the middle of the load', () => {
  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'after the primary’s %s loses nothing, doubles nothing, and everybody goes on',
    async (signal) => {
      const writers = [
        await scene.victim('writer', { run: 'a', ...size }),
        await scene.victim('writer', { run: 'b', ...size }),
      ]
      const projector = await scene.victim('projector')
      for (const one of [...writers, projector]) one.go()
      const acknowledged = () => writers.reduce((sum, one) => sum + one.acknowledged.length, 0)
      await eventually(
        async () => acknowledged(),
        (count) => count > 200,
      )

      const old = await mongo.primary()
      await old.kill(signal)
      await mongo.primary()
      const { inTimeMs } = await majorityWrites()
      expect(await scene.bystanderAppends()).toBeLessThan(inTimeMs)
      if (signal === 'SIGKILL') await old.restart()
      else await old.kill('SIGCONT')

      await Promise.all(writers.map((one) => one.done()))
      for (const one of writers) expect(one.falseConflicts()).toEqual([])
      projector.signal('SIGTERM')
      await scene.expectAllOf({ a: size, b: size })
    },
  )
})
