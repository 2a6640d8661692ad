import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { instrument } from './instrument.mjs'

/**
 * npm run mutants [-- a part of a path]
 *
 * Changes the core in thousands of small ways, one at a time, and runs the tests that start no process and need no
 * engine. A mutant that no test notices is either a test that is missing or a change without an effect; those without
 * an effect are listed with the reason in equivalent.json.
 */
const mutated = ['src/event-store', 'src/proof', 'src/notary', 'src/chat', 'src/audit/verification']
const specs = [
  /^test\/((unit|exhaustive)\/)?(event-store\/(canonical|catalog|envelope|past-commands|short-memory|expiring-cache|memory-[\w-]+)|proof\/\w[\w-]*|chat\/(chat|reading-along))\.test\.ts$/,
  /\.(read-model|aggregate)\.test\.ts$/,
]
const folder = '.cache/mutants'
const goal = 90
/** A mutant that keeps its test busy for so long is noticed. */
const patienceMs = 10_000

const wanted = process.argv[2] ?? ''
const files = (await Promise.all(mutated.map((part) => sourcesIn(part)))).flat().filter((file) => file.includes(wanted))
const specFiles = (await sourcesIn('test')).filter((file) => specs.some((pattern) => pattern.test(file)))
const built = specFiles.map((file) => resolve(folder, 'build', file.replace(/\.ts$/, '.js')))

const mutants = await instrument(files, folder)
console.log(`${mutants.length} mutants in ${files.length} files; ${specFiles.length} files of tests`)

const first = await start()
const { covered, atLoad, failed } = await ask(first, 'cover', 300_000)
first.kill()
if (failed) throw new Error(`without any mutant a test fails: ${failed}`)

const results = new Map()
const queue = mutants.filter(({ id }) => covered[id] || atLoad.includes(id))
await Promise.all(Array.from({ length: availableParallelism() }, work))
await report()

async function work() {
  let worker
  for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
    const reach = covered[mutant.id]
    let result = {}
    if (reach) {
      worker ??= await start()
      result = await ask(worker, { mutant: mutant.id, which: reach.tests, hitLimit: reach.hits * 100 }, patienceMs)
      if (result.noticedBy === 'time') worker = worker.kill() && undefined
    }
    if (!result.noticedBy && atLoad.includes(mutant.id)) result = await whileLoading(mutant)
    results.set(mutant.id, result)
    const done = results.size
    if (done % 100 === 0)
      console.log(
        `${done} of ${mutants.length}, ${[...results.values()].filter(({ noticedBy }) => !noticedBy).length} unnoticed`,
      )
  }
  worker?.kill()
}

/** What runs while modules load is mutated in a process of its own, and tried by the tests that reach its file. */
async function whileLoading({ id, fileName }) {
  const reaching = mutants
    .filter((mutant) => mutant.fileName === fileName)
    .flatMap((mutant) => covered[mutant.id]?.tests ?? [])
  const own = await start({ STATIC_MUTANT: id }).catch(() => undefined)
  if (!own) return { noticedBy: 'loading' }
  const result = await ask(own, { mutant: id, which: [...new Set(reaching)] }, 6 * patienceMs)
  own.kill()
  return result
}

async function start(environment = {}) {
  const worker = fork(resolve('test/mutants/worker.mjs'), built, {
    env: { ...process.env, SEEDS: '4', ...environment },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ended = once(worker, 'exit').then(() => Promise.reject(new Error('the tests cannot be loaded')))
  ended.catch(() => {})
  await Promise.race([once(worker, 'message'), ended])
  return worker
}

function ask(worker, order, limitMs) {
  return new Promise((resolve) => {
    const done = (answer) => {
      clearTimeout(limit)
      worker.off('message', done).off('exit', late)
      resolve(answer)
    }
    const late = () => done({ noticedBy: 'time' })
    const limit = setTimeout(late, limitMs)
    worker.once('message', done).once('exit', late)
    worker.send(order)
  })
}

async function report() {
  const known = JSON.parse(await readFile('test/mutants/equivalent.json', 'utf8'))
  const texts = new Map(
    await Promise.all(files.map(async (file) => [file, (await readFile(file, 'utf8')).split('\n')])),
  )
  const perFile = new Map()
  let [noticed, equivalent] = [0, 0]
  for (const mutant of mutants) {
    const { fileName, location, replacement, mutatorName, id } = mutant
    const line = texts.get(fileName)[location.start.line]
    const tally = perFile.get(fileName) ?? perFile.set(fileName, { all: 0, noticed: 0, alive: [] }).get(fileName)
    const isEqual = known.some(
      (one) => one.file === fileName && line.trim() === one.line && replacement === one.replacement,
    )
    if (isEqual) {
      equivalent++
      continue
    }
    tally.all++
    if (results.get(id)?.noticedBy) {
      tally.noticed++
      noticed++
    } else
      tally.alive.push(
        `  ${fileName}:${location.start.line + 1} ${results.has(id) ? 'unnoticed' : 'not reached'} (${mutatorName})\n    - ${line.trim()}\n    + ${replacement.replaceAll(/\s+/g, ' ').slice(0, 160)}`,
      )
  }
  for (const { alive } of perFile.values()) for (const one of alive) console.log(one)
  for (const [file, { all, noticed }] of perFile)
    console.log(`${String(Math.round((100 * noticed) / all)).padStart(3)} % of ${String(all).padStart(4)}  ${file}`)
  const counted = mutants.length - equivalent
  const share = (100 * noticed) / counted
  console.log(
    `${noticed} of ${counted} mutants noticed: ${share.toFixed(1)} % (bar: ${goal} %); ${equivalent} more are equal in effect`,
  )
  process.exitCode = share >= goal ? 0 : 1
}

async function sourcesIn(part) {
  const entries = await readdir(part, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name))
}
