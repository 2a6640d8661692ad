import { randomBytes } from 'node:crypto'
import type { Engine } from '../../../src/event-store/engine.js'
import type { AppendDocument } from '../../../src/event-store/event.js'
import type { StoredKey } from '../../../src/event-store/sealing/key-store.js'
import { masterKey } from '../../../src/event-store/sealing/key-wrap.js'
import { logSecretId } from '../../../src/event-store/sealing/log-secret.js'
import { all, command, eventually, Place } from '../../support/event-store/engines.js'
import { notebook, open } from '../../support/event-store/notebooks.js'

let place: Place
beforeEach(async () => {
  place = await Place.find()
})
afterEach(() => place?.leave())

const keys = () => place.db.collection<StoredKey>('keys')
const log = () => place.db.collection<AppendDocument>('log')
const write = (engine: Engine, id: string) =>
  engine.decider(notebook).execute(`notebook-${id}`, command(), open(id, 'user-ann', 'Diary'))
const read = async (engine: Engine) => (await all(engine.store.readAll())).map(({ position }) => position)

/** Makes the log one from before MACs: a secret as older builds stored it, and appends without a MAC. */
async function turnBack(engine: Engine): Promise<void> {
  const wrapped = await engine.vault.wrap({ _id: logSecretId, owner: 'master' }, engine.secret.key)
  await keys().replaceOne({ _id: logSecretId }, wrapped)
  await log().updateMany({}, { $unset: { mac: 1 } })
}
const silent = { onError: () => {} }

describe('the secret of a log', () => {
  it('is made once, whether processes start at once or one is gone before the first append', async () => {
    const engines = await Promise.all([place.engine(), place.engine(), place.engine()])
    const [{ secret }] = engines
    for (const { secret: its } of engines) expect([its.key, its.macsFrom]).toEqual([secret.key, 1])
    await Promise.all(engines.map((engine, i) => write(engine, `${i}`)))
    const later = await place.engine()
    expect(later.secret.key).toEqual(secret.key)
    expect(await read(later)).toEqual([1, 2, 3])
  })

  it('is never made for a log that has appends: a removed one is missed', async () => {
    const engine = await place.engine()
    await write(engine, 'a')
    await keys().deleteOne({ _id: logSecretId })
    const missed = { code: 'damaged_log', message: expect.stringContaining('its secret is missing') }
    await expect(place.engine()).rejects.toMatchObject(missed)
    await log().updateMany({}, { $unset: { mac: 1 } })
    await expect(place.engine()).rejects.toMatchObject(missed)
    expect(await keys().countDocuments({ _id: logSecretId })).toBe(0)
  })

  it('does not open with another position, or without it', async () => {
    const engine = await place.engine()
    await write(engine, 'a')
    for (const change of [{ $set: { macsFrom: 100 } }, { $unset: { macsFrom: 1 as const } }] as const) {
      await keys().updateOne({ _id: logSecretId }, change)
      await expect(place.engine()).rejects.toMatchObject({ code: 'damaged_envelope' })
    }
  })

  it('goes on under another master key, with its position', async () => {
    const engine = await place.engine()
    await write(engine, 'a')
    const current = masterKey(randomBytes(32))
    const rotating = await place.engine({ masterKeys: { current, previous: place.masters.current } })
    await rotating.vault.rotate()
    const after = await place.engine({ masterKeys: { current } })
    await write(after, 'b')
    expect([after.secret.key, after.secret.macsFrom]).toEqual([engine.secret.key, 1])
    expect([await read(after), await read(engine)]).toEqual([
      [1, 2],
      [1, 2],
    ])
  })
})

describe('a log from before MACs', () => {
  it('goes on, and gets MACs from then on; what an older build adds meanwhile is believed', async () => {
    const before = await place.engine()
    await write(before, 'a')
    await turnBack(before)
    const told: unknown[] = []
    const engine = await place.engine({ onError: (where, error) => told.push([where, String(error)]) })
    expect(told).toEqual([['log', expect.stringContaining('log require-macs')]])
    await write(engine, 'b')
    const [, second] = await log().find().sort({ _id: 1 }).toArray()
    expect(second!.mac).toBeDefined()
    const { mac: _, ...olderBuilds } = second!
    await log().insertOne({ ...olderBuilds, _id: 3, stream: 'notebook-c' })
    await write(engine, 'd')
    expect(await read(engine)).toEqual([1, 2, 3, 4])
  })

  it('requires MACs from a recorded position, in every process and for ever', async () => {
    const before = await place.engine()
    await write(before, 'a')
    await turnBack(before)
    const [engine, other] = [await place.engine(silent), await place.engine(silent)]
    expect(await Promise.all([engine.requireMacs(), other.requireMacs()])).toEqual([2, 2])
    await write(other, 'b')
    expect([await engine.requireMacs(), (await place.engine()).secret.macsFrom]).toEqual([2, 2])
    const [first] = await log().find().toArray()
    await log().insertOne({ ...first!, _id: 3, stream: 'notebook-c' })
    for (const process of [engine, other, await place.engine()])
      await eventually(
        () => read(process).catch((error: { data: unknown }) => error.data),
        (seen) => !Array.isArray(seen),
      )
    await log().deleteOne({ _id: 3 })
    await write(engine, 'c')
    expect(await read(other)).toEqual([1, 2, 3])
  })

  it('requires them by itself when a process has run for long', async () => {
    const before = await place.engine()
    await write(before, 'a')
    await turnBack(before)
    await place.engine({ ...silent, requireMacsAfterMs: 10 })
    await eventually(
      () => keys().findOne({ _id: logSecretId }),
      (stored) => stored?.macsFrom === 2,
    )
    expect(await read(await place.engine())).toEqual([1])
  })

  it('cannot be opened by an older build once MACs are required', async () => {
    const before = await place.engine()
    await turnBack(before)
    const engine = await place.engine(silent)
    expect(await engine.vault.keyOf(logSecretId)).toEqual(before.secret.key)
    await engine.requireMacs()
    const stored = (await keys().findOne({ _id: logSecretId }))!
    const { macsFrom: _, ...asOlderBuildsReadIt } = stored
    await expect(engine.vault.unwrapStored(logSecretId, asOlderBuildsReadIt)).rejects.toMatchObject({
      code: 'damaged_envelope',
    })
  })
})
