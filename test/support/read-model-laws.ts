import { BSON } from 'mongodb'
import type { RecordedEvent } from '../../src/event-store/event.js'
import type { Projection } from '../../src/event-store/projecting/projection.js'
import { DocumentsInMemory } from '../../src/event-store/projecting/documents-in-memory.js'
import { record, showEnvelopes } from '../../src/event-store/projecting/given-then.js'
import { generateHistory } from './generated-events.js'
import { forEachSeed, Random } from './seeds.js'

const histories = 40

/** Each is generated once for all laws. */
const known = new Map<number, RecordedEvent[]>()

function historyOf(seed: number): RecordedEvent[] {
  const events = known.get(seed) ?? record(generateHistory(seed, { keysOutliveErasure: seed % 2 === 0 }).events)
  known.set(seed, events)
  return events
}

/** What holds of every read model, whatever people do. */
export function expectReadModelLaws(projection: Projection, { keepsErased = false } = {}): void {
  it.each([
    ['cut into batches anywhere', cutAnywhere],
    ['with each batch applied twice', applyTwice],
    ['with batches begun, and begun again when there is more', beginAgain],
  ])('comes out the same, to the byte, from the log %s', (_, apply) => {
    forEachSeed(histories, (seed) => {
      const events = historyOf(seed)
      const [oneByOne, documents] = [new DocumentsInMemory(projection), new DocumentsInMemory(projection)]
      for (const event of events) oneByOne.apply([event])
      for (const batch of batchesOf(events, new Random(seed))) apply(documents, batch)
      expect(inFull(documents)).toEqual(inFull(oneByOne))
    })
  })

  if (keepsErased) return
  it('keeps nothing of what was erased', () => {
    forEachSeed(histories, (seed) => {
      const { events, erased } = generateHistory(seed, { commands: 150 })
      const documents = new DocumentsInMemory(projection)
      documents.apply(record(events))
      const texts = documents.all().map((document) => JSON.stringify(showEnvelopes(document)))
      for (const id of erased) expect(texts.filter((text) => text.includes(id))).toEqual([])
    })
  })
}

const cutAnywhere = (documents: DocumentsInMemory, batch: readonly RecordedEvent[]) => documents.apply(batch)

/** A projector that died after it had written, before its place moved. */
function applyTwice(documents: DocumentsInMemory, batch: readonly RecordedEvent[]): void {
  documents.apply(batch)
  documents.apply(batch)
}

/** The same, and the log has grown meanwhile. */
function beginAgain(documents: DocumentsInMemory, batch: readonly RecordedEvent[]): void {
  documents.apply(batch.slice(0, Math.ceil(batch.length / 2)))
  documents.apply(batch)
}

function batchesOf(events: readonly RecordedEvent[], random: Random): RecordedEvent[][] {
  const batches: RecordedEvent[][] = []
  for (let from = 0; from < events.length;) {
    const to = from + 1 + random.below(random.one([2, 20, 200]))
    batches.push(events.slice(from, to))
    from = to
  }
  return batches
}

/** Fields in their order, as a digest counts them. */
const inFull = (documents: DocumentsInMemory) => documents.all().map((document) => BSON.EJSON.stringify(document))
