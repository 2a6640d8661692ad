import type { Engine } from '../../../src/event-store/engine.js'
import type { ProjectingContext } from '../../../src/event-store/projecting/projecting-context.js'
import { silentAnnouncements } from '../simulation/announcements.js'
import type { Place } from './engines.js'

/** What projections have in a process that is called `me` and hears only itself. */
export const contextIn = ({ db }: Place, { log, feed, vault }: Engine): ProjectingContext => ({
  db,
  vault,
  log,
  feed,
  announcements: silentAnnouncements(),
  clock: { now: () => new Date() },
  processName: 'me',
  skippedPositions: async () => new Set(),
  logRoot: async (position) => `root of ${position}`,
})
