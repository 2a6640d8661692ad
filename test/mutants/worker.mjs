import { runTests, testsOf } from './harness.mjs'

// One process that has loaded the mutated sources and the specs, and tries mutants for as long as it lives.

const mutants = (globalThis.__stryker__ ??= {})
if (process.env.STATIC_MUTANT) mutants.activeMutant = process.env.STATIC_MUTANT

/** What is run at once: a test, or a whole file where its tests share an application. */
const units = []
for (const { id, built, isWhole } of JSON.parse(process.env.SPECS)) {
  const tests = await testsOf(built)
  if (isWhole) units.push({ id, tests })
  else for (const [i, test] of tests.entries()) units.push({ id: `${id} ${i}`, tests: [test] })
}

process.on('message', (order) => {
  void (order === 'cover' ? cover() : attempt(order)).then((answer) => process.send(answer))
})
process.on('disconnect', () => process.exit())
process.on('unhandledRejection', () => {}) // of a mutant: its test notices, or it lives
process.on('uncaughtException', () => {})
process.send({ ready: units.length })

/** Runs all without a mutant: which mutants does each reach, how often, and how long does it take? */
async function cover() {
  const found = []
  for (const { id, tests } of units) {
    mutants.currentTestId = id
    const started = performance.now()
    try {
      await runTests(tests)
    } catch (error) {
      return { failed: `${id}: ${error.stack}` }
    }
    found.push({ id, ms: performance.now() - started })
  }
  mutants.currentTestId = undefined
  const { perTest = {}, static: atLoad = {} } = mutants.mutantCoverage ?? {}
  return { units: found.map((unit) => ({ ...unit, hits: perTest[unit.id] ?? {} })), atLoad: Object.keys(atLoad) }
}

/** Does this unit fail with this mutant? */
async function attempt({ mutant, unit, hitLimit }) {
  mutants.mutantCoverage = undefined
  mutants.activeMutant = mutant
  mutants.hitCount = hitLimit === undefined ? undefined : 0
  mutants.hitLimit = hitLimit
  try {
    await runTests(units.find(({ id }) => id === unit).tests)
    return {}
  } catch (error) {
    return { noticedBy: error.test ?? unit }
  }
}
