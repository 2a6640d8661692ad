import { Binary } from 'mongodb'
import { Catalog } from '../../../src/event-store/catalog.js'
import type { AppendDocument } from '../../../src/event-store/event.js'
import { RecentAppends } from '../../../src/event-store/log/recent-appends.js'
import { notebookEvents } from '../../support/event-store/notebooks.js'

const catalog = new Catalog(notebookEvents)

/** An append of `n` events that begins at the position. */
function append(position: number, n = 1): AppendDocument {
  const event = { type: 'NoteTornOut', shape: 1, data: { notebookId: '1', noteId: 'a' } }
  const meta = { actor: 'user-ann', commandId: `command-${position}` }
  const events = Array.from({ length: n }, () => event)
  return { _id: position, n, stream: 'notebook-1', version: position, meta, at: new Date(0), events }
}

const mebibyte = 1024 * 1024
/** An append with an envelope of so many mebibytes. */
function large(position: number, mebibytes: number): AppendDocument {
  const { events, ...rest } = append(position)
  return { ...rest, events: [{ ...events[0]!, personal: new Binary(Buffer.alloc(mebibytes * mebibyte)) }] }
}

const firstPositions = (recent: RecentAppends, after: number) => recent.after(after)?.map(({ append: { _id } }) => _id)

describe('what a process has committed itself', () => {
  it('is there for readers, from the append that has the next event', () => {
    const recent = new RecentAppends(catalog)
    const events = recent.add([append(1), append(2, 3), append(5)])
    expect(events.map(({ position }) => position)).toEqual([1, 2, 3, 4, 5])
    expect(firstPositions(recent, 0)).toEqual([1, 2, 5])
    expect(firstPositions(recent, 1)).toEqual([2, 5])
    expect(firstPositions(recent, 3)).toEqual([2, 5]) // inside an append
    expect(firstPositions(recent, 4)).toEqual([5])
  })

  it('has nothing beyond its end', () => {
    const recent = new RecentAppends(catalog)
    expect(recent.after(0)).toBeUndefined()
    recent.add([append(1)])
    expect(recent.after(1)).toBeUndefined()
    expect(recent.after(7)).toBeUndefined()
  })

  it('begins anew behind an append of another process: nobody is given a log with a gap', () => {
    const recent = new RecentAppends(catalog)
    recent.add([append(1), append(2)])
    recent.add([append(4)]) // 3 is another process's
    expect(recent.after(0)).toBeUndefined()
    expect(recent.after(2)).toBeUndefined()
    expect(firstPositions(recent, 3)).toEqual([4])
  })

  it('forgets the oldest first, and keeps what is left without a gap', () => {
    const recent = new RecentAppends(catalog)
    for (let position = 1; position <= 10_000; position++) recent.add([append(position)])
    expect(recent.after(0)).toBeUndefined()
    const kept = firstPositions(recent, 8_000)!
    expect(kept).toHaveLength(2_000)
    expect(kept.every((position, i) => position === 8_001 + i)).toBe(true)
  })

  it('is no more than four thousand appends', () => {
    const recent = new RecentAppends(catalog)
    recent.add(Array.from({ length: 4_000 }, (_, i) => append(i + 1)))
    expect(firstPositions(recent, 0)).toHaveLength(4_000)
    recent.add([append(4_001)])
    expect(recent.after(1_000)).toBeUndefined() // the oldest quarter is forgotten at once
    expect(firstPositions(recent, 1_001)).toHaveLength(3_000)
  })

  it('is no more than eight mebibytes, unless the newest alone is more', () => {
    const recent = new RecentAppends(catalog)
    recent.add([1, 2, 3, 4].map((position) => large(position, 1.9)))
    expect(firstPositions(recent, 0)).toEqual([1, 2, 3, 4])
    recent.add([large(5, 1.9)])
    expect(recent.after(0)).toBeUndefined()
    expect(firstPositions(recent, 2)).toEqual([3, 4, 5])
    recent.add([large(6, 1.9)])
    expect(firstPositions(recent, 2)).toEqual([3, 4, 5, 6])
    recent.add([large(7, 9)])
    expect(firstPositions(recent, 6)).toEqual([7])
    expect(recent.after(5)).toBeUndefined()
    recent.add([append(8)])
    expect(recent.after(6)).toBeUndefined()
    expect(firstPositions(recent, 7)).toEqual([8])
    recent.add([9, 10, 11, 12].map((position) => large(position, 1.9)))
    expect(firstPositions(recent, 7)).toEqual([8, 9, 10, 11, 12])
  })

  it('counts each event, however small it is', () => {
    const recent = new RecentAppends(catalog)
    for (let i = 0; i < 40; i++) recent.add([append(1 + 500 * i, 500)]) // ten million bytes, as they are counted
    expect(recent.after(0)).toBeUndefined()
    expect(firstPositions(recent, 19_500)).toEqual([19_501])
  })
})
