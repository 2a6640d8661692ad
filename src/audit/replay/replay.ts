import { Fold } from '../../event-store/projecting/fold.js'
import type { RecordedEvent } from '../../event-store/event.js'
import type { ReadModelDocument, Projection } from '../../event-store/projecting/projection.js'

/** What a read model would hold after these events, by the very code that projects it. */
export function replay<Doc extends ReadModelDocument>(projection: Projection, events: readonly RecordedEvent[]): Doc[] {
  const { changed } = new Fold(projection, events, Infinity).run([])
  return changed.flatMap(({ doc }) => (doc ? [doc as Doc] : []))
}
