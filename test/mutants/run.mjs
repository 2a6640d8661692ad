import { readdir, readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, join, resolve } from 'node:path'
import startTestEngines from '../support/engines/setup.mjs'
import stopTestEngines from '../support/engines/teardown.mjs'
import { areaOf, areas, specsFor } from './areas.mjs'
import { instrument } from './instrument.mjs'
import { aliveBefore, report } from './report.mjs'
import { Tester } from './tester.mjs'

/**
 * npm run mutants [-- a part of a path [--one-in 5] [--again]]
 *
 * Changes the core in thousands of small ways, one at a time, and runs the tests that start no process. A mutant that
 * no test notices is either a test that is missing or a change without an effect; those without an effect are listed
 * with the reason in equivalent.json. With --one-in, only some are tried, chosen evenly.
 */
const folder = '.cache/mutants'
/** A test that a mutant keeps busy for so much longer than usual has noticed it. */
const patience = (usualMs) => 3 * usualMs + 2_000
/** What a mutant may cost in tests that pass with it; those that take longer are only run when none is quicker. */
const budgetMs = Number(process.env.BUDGET_MS ?? 8_000)
/** And in those of the files of tests that are about its file. */
const ownBudgetMs = 5 * budgetMs

/** So quick are tests in memory. */
const quickMs = 30

/** More than cores: tests wait for engines most of the time. */
const atOnce = availableParallelism() + 1

const options = process.argv.slice(2)
const oneIn = options.includes('--one-in') ? Number(options.splice(options.indexOf('--one-in'), 2)[1]) : 1
const isAgain = options.includes('--again')
const wanted = options.find((option) => !option.startsWith('--')) ?? ''
const sources = (await Promise.all(areas.map(({ of }) => sourcesIn(of)))).flat()
const files = [...new Set(sources)].filter((file) => new RegExp(wanted).test(file))
const specs = await Promise.all(specsFor(files, await sourcesIn('test')).map(asSpec))

const all = await instrument(files, folder)
const sameAsBefore = isAgain ? await aliveBefore() : () => true
const mutants = all.filter((mutant, i) => i % oneIn === 0 && sameAsBefore(mutant))
console.log(`${mutants.length} mutants in ${files.length} files; ${specs.length} files of tests`)

await startTestEngines()
try {
  const results = await tryAll()
  await report({ mutants, results, files })
} finally {
  await stopTestEngines()
}

async function tryAll() {
  const { units, atLoad } = await cover()
  const results = new Map()
  const reaching = (fileName, isReached) => {
    const found = units.filter(({ hits }) => isReached(hits))
    const isOwn = (test) => isAbout(fileName, test)
    return affordable(inTurns(found, isOwn), isOwn)
  }
  const queue = mutants.map(({ id, fileName }) => {
    const ofFile = new Set(all.filter((mutant) => mutant.fileName === fileName).map((mutant) => mutant.id))
    return {
      id,
      reached: reaching(fileName, (hits) => hits[id]),
      // What runs while modules load is mutated in a process of its own, and tried by the tests that reach its file.
      whileLoading: atLoad.has(id)
        ? [
            ...units.filter(({ id: unit }) => areaOf(fileName).declared?.test(unit)),
            ...reaching(fileName, (hits) => Object.keys(hits).some((hit) => ofFile.has(hit))),
          ]
        : undefined,
    }
  })
  await Promise.all(Array.from({ length: atOnce }, work))
  return results

  async function work() {
    const tester = new Tester(specs)
    for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
      const { id, reached, whileLoading } = mutant
      if (!reached.length && !whileLoading) continue
      let noticedBy = await attempt(tester, id, reached)
      if (!noticedBy && whileLoading) noticedBy = await attemptWhileLoading(id, whileLoading)
      results.set(id, noticedBy)
      const unnoticed = [...results.values()].filter((by) => !by).length
      if (results.size % 20 === 0) console.log(`${results.size} of ${mutants.length}, ${unnoticed} unnoticed`)
    }
    tester.stop()
  }
}

/** Each file of tests is run once without a mutant, in a process of its own, so that nothing reaches into another. */
async function cover() {
  const units = []
  const atLoad = new Set()
  const queue = [
    specs.filter(({ needsEngines }) => !needsEngines),
    ...specs.filter(({ needsEngines }) => needsEngines).map((spec) => [spec]),
  ]
  const work = async () => {
    for (let some = queue.shift(); some; some = queue.shift()) {
      if (!some.length) continue
      const tester = new Tester(some)
      const found = await tester.ask('cover', 300_000)
      tester.stop()
      if (found.failed) throw new Error(`without any mutant a test fails: ${found.failed}`)
      units.push(...found.units)
      for (const id of found.atLoad) atLoad.add(id)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return { units, atLoad }
}

/**
 * The quickest of each file of tests, then the second of each, and so on; files that are preferred go first, with all
 * that is quick in them.
 */
function inTurns(units, isPreferred) {
  const byFile = new Map()
  for (const unit of units.sort((a, b) => a.ms - b.ms)) {
    const [file] = unit.id.split(' ')
    byFile.set(file, [...(byFile.get(file) ?? []), unit])
  }
  const turns = [...byFile].flatMap(([file, ofFile]) =>
    ofFile.map((unit, turn) => ({ unit, turn: isPreferred(file) ? (unit.ms < quickMs ? -1 : turn / 10) : turn })),
  )
  return turns.sort((a, b) => a.turn - b.turn || a.unit.ms - b.unit.ms).map(({ unit }) => unit)
}

/** Whether a file of tests is named after a source, or has its first word: `approved-answers`, `tool-approvals`. */
function isAbout(source, test) {
  const [of, about] = [source, test].map((file) => basename(file).split('.')[0])
  const [[first], words] = [of, about].map((name) => name.split('-').map((word) => word.replace(/s$/, '').slice(0, 6)))
  return of.includes(about) || about.includes(of) || words.includes(first)
}

/** Those that are too dear are left out, and the ones after them are not. What is quick never is. */
function affordable(units, isOwn) {
  const left = { own: ownBudgetMs, other: budgetMs }
  return units.filter(({ id, ms }, i) => {
    const purse = isOwn(id.split(' ')[0]) ? 'own' : 'other'
    const isAffordable = i === 0 || ms < quickMs || ms <= left[purse]
    if (isAffordable) left[purse] -= ms
    return isAffordable
  })
}

async function attempt(tester, mutant, units) {
  for (const { id, ms, hits } of units) {
    const hitLimit = hits[mutant] === undefined ? undefined : hits[mutant] * 100
    const order = { mutant, unit: id, hitLimit }
    let { noticedBy } = await tester.ask(order, patience(ms))
    // Or the machine was busy: then a second attempt passes.
    if (noticedBy === 'time') ({ noticedBy } = await tester.ask(order, 1.5 * patience(ms)))
    if (noticedBy) return noticedBy
  }
  return undefined
}

async function attemptWhileLoading(mutant, units) {
  const used = specs.filter(({ id }) => units.some((unit) => unit.id === id || unit.id.startsWith(`${id} `)))
  const tester = new Tester(used, { STATIC_MUTANT: mutant })
  try {
    return await attempt(tester, mutant, units)
  } finally {
    tester.stop()
  }
}

async function asSpec(file) {
  const text = await readFile(file, 'utf8')
  return {
    id: file,
    built: resolve(folder, 'build', file.replace(/\.ts$/, '.js')),
    /** Its tests share an application, and what one has done to it the next may look at. */
    isWhole: /support\/(world|ops\/database|chat\/chat-process)\.js/.test(text),
    needsEngines: /support\/(world|ops\/database|chat\/chat-process|event-store\/engines|audit\/signed-log)\.js/.test(
      text,
    ),
  }
}

async function sourcesIn(part) {
  const entries = await readdir(part, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name))
}
