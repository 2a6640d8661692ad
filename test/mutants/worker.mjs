import './harness.mjs'
import { runTest, tests } from './harness.mjs'

// One process that has loaded the mutated sources and the specs, and tries mutants for as long as it lives.

const mutants = (globalThis.__stryker__ ??= {})
if (process.env.STATIC_MUTANT) mutants.activeMutant = process.env.STATIC_MUTANT
for (const file of process.argv.slice(2)) await import(file)

process.on('message', (order) => {
  void (order === 'cover' ? cover() : attempt(order)).then((answer) => process.send(answer))
})
process.on('disconnect', () => process.exit())
process.on('unhandledRejection', () => {}) // of a mutant: its test notices, or it lives
process.send({ ready: tests.length })

/** Runs every test without a mutant: which mutants does it reach, and how often? */
async function cover() {
  const covered = {}
  for (const [i, test] of tests.entries()) {
    mutants.currentTestId = String(i)
    const started = performance.now()
    try {
      await runTest(test)
    } catch (error) {
      return { failed: `${test.name}: ${error.stack}` }
    }
    test.ms = performance.now() - started
  }
  mutants.currentTestId = undefined
  for (const [test, hits] of Object.entries(mutants.mutantCoverage?.perTest ?? {})) {
    for (const [mutant, count] of Object.entries(hits)) {
      covered[mutant] ??= { tests: [], hits: 0 }
      covered[mutant].tests.push(Number(test))
      covered[mutant].hits += count
    }
  }
  for (const { tests: reaching } of Object.values(covered)) reaching.sort((a, b) => tests[a].ms - tests[b].ms) // quick ones first
  return { covered, atLoad: Object.keys(mutants.mutantCoverage?.static ?? {}) }
}

/** Runs the tests that reach the mutant until one fails. */
async function attempt({ mutant, which, hitLimit }) {
  mutants.mutantCoverage = undefined
  mutants.activeMutant = mutant
  mutants.hitCount = hitLimit === undefined ? undefined : 0
  mutants.hitLimit = hitLimit
  for (const i of which ?? tests.keys()) {
    try {
      await runTest(tests[i])
    } catch {
      return { mutant, noticedBy: tests[i].name }
    }
  }
  return { mutant }
}
