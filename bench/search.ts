import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { Shutdown } from '../src/service/shutdown.js'
import { Library } from './search/library.js'
import { measureSearches, type Searches } from './search/searches.js'
import { describeMachine } from './store/machine.js'
import { startServers } from './store/servers.js'
import { fine, table, times, whole } from './store/table.js'

/**
 * How long a search takes among the sealed titles of one owner, where a thousand owners have a thousand chats each,
 * next to a plain find of that owner's chats: with a MongoDB that has them in its memory, as one with its default
 * settings has here, and with one that reads most of them from its files.
 *
 *   npm run bench -- search [--quick] [--json <file>]
 */
const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
})
const extent = options.quick
  ? { owners: 20, chats: 200, searches: 100 }
  : { owners: 1_000, chats: 1_000, searches: 400 }
const rounds = options.quick ? 1 : 3
/** Of MongoDB. All that is stored takes less than the one and much more than the other. */
const caches = ['4 GB', '256 MB']

const say = (line: string) => console.error(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${line}`)
const shutdown = new Shutdown(say)
shutdown.listenToSignals()

try {
  const servers = await startServers(shutdown)
  const machine = await describeMachine(servers)
  const found = await servers.within(async (place) => {
    const library = await Library.open(place)
    try {
      await library.fill(extent.owners, extent.chats, say)
      await servers.admin.command({ fsync: 1 }) // what was filled in is written before anything is measured
      const byCache = new Map<string, Searches[]>()
      for (const cache of caches) {
        await servers.admin.command({
          setParameter: 1,
          wiredTigerEngineRuntimeConfig: `cache_size=${cache.replace(' ', '')}`,
        })
        await measureSearches(library, extent.owners, extent.owners) // once through all of them
        const measured: Searches[] = []
        byCache.set(cache, measured)
        for (let round = 1; round <= rounds; round++) {
          measured.push(await measureSearches(library, extent.owners, extent.searches))
          say(`${cache} of cache, round ${round} of ${rounds}`)
        }
      }
      return byCache
    } finally {
      await library.close()
    }
  })
  if (options.json)
    await writeFile(options.json, JSON.stringify({ machine, rounds: Object.fromEntries(found) }, null, 2))
  console.log(
    `\n${report(found)}\n\n${Object.entries(machine)
      .map(([name, value]) => `${name.padEnd(9)} ${value}`)
      .join('\n')}\n`,
  )
  await shutdown.begin(0)
} catch (error) {
  if (!shutdown.hasBegun) console.error(error)
  await shutdown.begin(1)
}

function report(byCache: ReadonlyMap<string, readonly Searches[]>): string {
  const head = [
    `${whole(extent.owners * extent.chats)} chats of ${whole(extent.owners)} owners`,
    'cache',
    'p50 ms',
    'p99 ms',
    'p99 to the find',
    'p99 by round',
  ]
  return table([head, ...[...byCache].flatMap(([cache, measured]) => rowsOf(cache, measured))])
}

function rowsOf(cache: string, measured: readonly Searches[]): string[][] {
  const middle = (pick: (round: Searches) => number) => measured.map(pick).sort((a, b) => a - b)[measured.length >> 1]!
  return (['search', 'find'] as const).map((kind) => [
    kind === 'search' ? 'search by a part of the title' : 'raw find of the same chats',
    cache,
    fine(middle((round) => round[kind].p50)),
    fine(middle((round) => round[kind].p99)),
    kind === 'search' ? times(middle((round) => round.search.p99 / round.find.p99)) : '',
    measured.map((round) => fine(round[kind].p99)).join(', '),
  ])
}
