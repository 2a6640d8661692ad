import { parseArgs } from 'node:util'
import { benchOptions, reportProgress, runBench } from './runner/run-bench.js'
import { median } from './runner/statistics.js'
import { decimal, integer, ratio, table } from './runner/table.js'
import { ManyChats } from './search/many-chats.js'
import { measureSearches, type SearchLatencies } from './search/measure-searches.js'

/**
 * How long a search takes among the sealed titles of one owner, when a thousand owners have a thousand chats each,
 * compared with a plain find of that owner's chats: with a MongoDB that has them in memory, as with its default
 * settings, and with one that reads most of them from its files.
 *
 *   npm run bench -- search [--quick] [--json <file>]
 */
const { quick, json } = parseArgs({ options: benchOptions }).values
const extent = quick ? { owners: 20, chats: 200, searches: 100 } : { owners: 1_000, chats: 1_000, searches: 400 }
const rounds = quick ? 1 : 3
/** Cache sizes of MongoDB: everything that is stored fits into the first, and is much larger than the second. */
const caches = ['4 GB', '256 MB']

type ByCache = Map<string, SearchLatencies[]>

await runBench<ByCache>({
  json,
  report,
  toJson: (results) => ({ rounds: Object.fromEntries(results) }),
  measure: (servers) =>
    servers.withDatabase(async (database) => {
      const chats = await ManyChats.open(database)
      try {
        await chats.fill(extent.owners, extent.chats, reportProgress)
        await servers.admin.command({ fsync: 1 }) // writes the test data to disk before anything is measured
        const byCache: ByCache = new Map()
        for (const cache of caches) {
          await servers.admin.command({
            setParameter: 1,
            wiredTigerEngineRuntimeConfig: `cache_size=${cache.replace(' ', '')}`,
          })
          await measureSearches(chats, extent.owners, extent.owners) // one search of each owner as a warm-up
          const measured: SearchLatencies[] = []
          byCache.set(cache, measured)
          for (let round = 1; round <= rounds; round++) {
            measured.push(await measureSearches(chats, extent.owners, extent.searches))
            reportProgress(`${cache} of cache, round ${round} of ${rounds}`)
          }
        }
        return byCache
      } finally {
        await chats.close()
      }
    }),
})

function report(byCache: ByCache): string {
  const head = [
    `${integer(extent.owners * extent.chats)} chats of ${integer(extent.owners)} owners`,
    'cache',
    'p50 ms',
    'p99 ms',
    'p99 to the find',
    'p99 by round',
  ]
  return table([head, ...[...byCache].flatMap(([cache, measured]) => rowsOf(cache, measured))])
}

function rowsOf(cache: string, measured: readonly SearchLatencies[]): string[][] {
  const medianOf = (pick: (round: SearchLatencies) => number) => median(measured.map(pick))
  return (['search', 'find'] as const).map((kind) => [
    kind === 'search' ? 'search by a part of the title' : 'raw find of the same chats',
    cache,
    decimal(medianOf((round) => round[kind].p50)),
    decimal(medianOf((round) => round[kind].p99)),
    kind === 'search' ? ratio(medianOf((round) => round.search.p99 / round.find.p99)) : '',
    measured.map((round) => decimal(round[kind].p99)).join(', '),
  ])
}
