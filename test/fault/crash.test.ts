import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Mongod, startMongod } from '../../src/embedded/index.js'
import { eventually } from '../support/event-store/engines.js'
import { Scene } from './scene.js'

/** A standalone mongod, as the embedded default is one. */
let folder: string
let mongod: Mongod
let scene: Scene

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'verbatim-crash-'))
  mongod = await startMongod({ dbPath: folder })
  scene = await Scene.set(mongod.uri)
})
afterEach(async () => {
  await scene?.clear()
  await mongod?.stop()
  await rm(folder, { recursive: true, force: true })
})

const size = { writers: 8, commands: 100 }

describe('a standalone mongod', () => {
  it('killed in the middle of the load has everything it acknowledged, and everybody goes on', async () => {
    const writers = [
      await scene.victim('writer', { run: 'a', ...size }),
      await scene.victim('writer', { run: 'b', ...size }),
    ]
    const projector = await scene.victim('projector')
    for (const one of [...writers, projector]) one.go()
    for (let round = 1; round <= 3; round++) {
      const acknowledged = async () => writers.reduce((sum, one) => sum + one.acknowledged.length, 0)
      await eventually(acknowledged, (count) => count > round * 200)
      const { port } = mongod
      mongod.kill('SIGKILL')
      await mongod.exit
      mongod = await startMongod({ dbPath: folder, port })
      expect(await scene.bystanderAppends()).toBeLessThan(2000)
    }
    await Promise.all(writers.map((one) => one.done()))
    for (const one of writers) expect(one.falseConflicts()).toEqual([])
    projector.signal('SIGTERM')
    await scene.expectAllOf({ a: size, b: size })
  })
})
