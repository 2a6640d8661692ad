import type { RecordedEvent } from '../../../src/event-store/event.js'
import { CommandHashes, PastCommands } from '../../../src/event-store/deciding/past-commands.js'

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `command-${from + i}`)
const event = (version: number, commandId: string) =>
  ({ version, meta: { actor: 'user-ann', commandId, payload: `of ${commandId}` } }) as RecordedEvent

describe('hashes of command ids', () => {
  it('know every id that was ever added, however they came in, and no other', () => {
    let hashes = CommandHashes.none
    for (const [from, to] of [
      [0, 1],
      [1, 1],
      [1, 500],
      [300, 700],
      [700, 2_000],
    ] as const)
      hashes = hashes.with(ids(from, to))
    expect(ids(0, 2_000).filter((id) => !hashes.has(id))).toEqual([])
    expect(ids(2_000, 10_000).filter((id) => hashes.has(id))).toEqual([])
    expect(hashes.bytes).toHaveLength(2_000 * 8)
  })

  it('are the same bytes in whatever order they were added', () => {
    const all = CommandHashes.none.with(ids(0, 1_000))
    expect(CommandHashes.none.with(ids(500, 1_000)).with(ids(0, 600).toReversed()).bytes).toEqual(all.bytes)
  })

  it('are a storage format', () => {
    expect(CommandHashes.none.with(['b', 'a']).bytes.toString('hex')).toBe('3e23e8160039594aca978112ca1bbdca')
  })

  it('leave the ones they were made from alone', () => {
    const before = CommandHashes.none.with(['a'])
    before.with(['b'])
    expect(before.has('b')).toBe(false)
  })
})

describe('past commands', () => {
  const past = new PastCommands()
  for (let version = 1; version <= 100; version++) past.add(event(version, `command-${version}`))
  past.add(event(101, 'command-100'))

  it('know where the events of a command are', () => {
    expect(past.get('command-7')).toEqual({ version: 7, events: 1, payload: 'of command-7' })
    expect(past.get('command-100')).toMatchObject({ version: 100, events: 2 })
    expect(past.mayHave('command-7')).toBe(false)
  })

  it('keep only the newest exactly once condensed, and forget none', () => {
    const condensed = past.condense(90)
    expect(condensed.get('command-91')).toMatchObject({ version: 91 })
    expect(condensed.mayHave('command-91')).toBe(false)
    expect(condensed.get('command-90')).toBeUndefined()
    expect(ids(1, 91).every((id) => condensed.mayHave(id))).toBe(true)
    expect(condensed.mayHave('command-101')).toBe(false)
    expect(condensed.weight).toBe(10 + 6)
  })
})
