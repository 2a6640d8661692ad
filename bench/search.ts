import { parseArgs } from 'node:util'
import { benchOptions, reportProgress, runBench } from './runner/run-bench.js'
import { median } from './runner/statistics.js'
import { decimal, integer, ratio, table } from './runner/table.js'
import { ManyChats } from './search/many-chats.js'
import { measureWordSearches, type WordCosts } from './search/many-messages.js'
import { measureSearches, type SearchLatencies } from './search/measure-searches.js'

/**
 * How long a search takes among the sealed titles of one owner, when a thousand owners have a thousand chats each,
 * compared with a plain find of that owner's chats: with a MongoDB that has them in memory, as with its default
 * settings, and with one that reads most of them from its files.
 *
 * And how long one takes in the words of 100,000 messages of one owner, of which MongoDB has hashes, and what these
 * cost. The p99 must be below 300 ms.
 *
 *   npm run bench -- search [--words] [--quick] [--json <file>]     --words: only the second part
 */
const {
  quick,
  json,
  words: wordsOnly,
} = parseArgs({
  options: { ...benchOptions, words: { type: 'boolean', default: false } },
}).values
const extent = quick ? { owners: 20, chats: 200, searches: 100 } : { owners: 1_000, chats: 1_000, searches: 400 }
const rounds = quick ? 1 : 3
/** Cache sizes of MongoDB: everything that is stored fits into the first, and is much larger than the second. */
const caches = ['4 GB', '256 MB']

type ByCache = Map<string, SearchLatencies[]>

interface Results {
  byCache: ByCache
  words: WordCosts
}

await runBench<Results>({
  json,
  report,
  toJson: ({ byCache, words }) => ({ rounds: Object.fromEntries(byCache), words }),
  measure: async (servers) => {
    const messages = quick ? 5_000 : 100_000
    const words = await servers.withDatabase((database) =>
      measureWordSearches(database, messages, quick ? 50 : 200, reportProgress),
    )
    if (wordsOnly) return { words, byCache: new Map() }
    const byCache = await servers.withDatabase(async (database) => {
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
    })
    return { words, byCache }
  },
})

function report({ byCache, words }: Results): string {
  return [reportWords(words), ...(byCache.size > 0 ? [reportTitles(byCache)] : [])].join('\n\n')
}

function reportWords({ searches, hashUs, indexMb, eventsPerSecond }: WordCosts): string {
  const head = [`words of ${integer(quick ? 5_000 : 100_000)} messages of one owner`, 'p50 ms', 'p99 ms']
  const rows = Object.entries(searches).map(([kind, { p50, p99 }]) => [kind, decimal(p50), decimal(p99)])
  const costs = `a message of 40 words costs ${decimal(hashUs)} µs of processor; its index ${decimal(indexMb)} MB for all; ${integer(eventsPerSecond)} messages a second`
  return `${table([head, ...rows])}\n${costs}`
}

function reportTitles(byCache: ByCache): string {
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
