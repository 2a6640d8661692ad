import { Catalog } from '../../../src/event-store/catalog.js'
import type { AppendMeta, NewEvent } from '../../../src/event-store/event.js'
import { Feed } from '../../../src/event-store/log/feed.js'
import { logIn } from '../event-store/logs.js'
import type { ProjectingContext } from '../../../src/event-store/projecting/projecting-context.js'
import { notebookEvents } from '../event-store/notebooks.js'
import { silentAnnouncements } from './announcements.js'
import type { CalmWorld } from './calm.js'

/** A log of notebooks in a calm world, and one process that reads it. */
export class NotebookLog {
  readonly context: ProjectingContext
  /** What the process has reported. */
  readonly errors: [string, unknown][] = []
  readonly skipped = new Set<number>()
  private head = 0

  constructor(private readonly world: CalmWorld) {
    const { db } = world
    const log = logIn(db)
    this.context = {
      db,
      log,
      feed: new Feed(log, new Catalog(notebookEvents)),
      announcements: silentAnnouncements(),
      vault: undefined as never, // nothing is sealed here
      clock: { now: () => new Date() },
      processName: 'me',
      skippedPositions: async (projection, version) => new Set(version === 1 && projection ? this.skipped : []),
      logRoot: async () => '',
      onError: (where, error) => this.errors.push([where, error]),
    }
  }

  /** In one append, and announced. Answers the position of the last event. */
  append(events: readonly NewEvent[], meta: Partial<AppendMeta> = {}): number {
    const _id = this.head + 1
    this.head += events.length
    this.world.put('log', {
      _id,
      n: events.length,
      stream: 'notebook',
      version: _id,
      at: new Date(0),
      meta: { actor: 'ann', commandId: `${_id}`, ...meta },
      events: events.map((event) => ({ shape: 1, ...event })),
    })
    this.context.announcements.announce('log', this.head)
    return this.head
  }

  /** The documents of a collection, in the order of their ids. */
  documents(collection: string): unknown[] {
    const found = [...this.world.replicaSet.contents(collection, 'local')]
    return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, document]) => document)
  }
}
