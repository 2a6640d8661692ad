import { expect } from 'expect'
import { ModuleMocker } from 'jest-mock'

/**
 * `describe`, `it` and their kin, for specs that Node loads by itself: a mutant then costs milliseconds, where a run of
 * Jest costs seconds. Jest's own `expect` judges, and its own mocks watch.
 */
const tests = []

const mocks = new ModuleMocker(globalThis)

let suites = []

/** The tests that a file defines. */
export async function testsOf(file) {
  const before = tests.length
  suites = [newSuite('')]
  await import(file)
  return tests.slice(before)
}

const newSuite = (name) => ({ name, beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] })

function describe(name, define) {
  const outer = suites
  suites = [...outer, newSuite(name)]
  define()
  suites = outer
}

function it(name, run) {
  tests.push({ name: [...suites.slice(1).map((suite) => suite.name), name].join(' › '), run, suites })
}

const tabled = (define) => (table) => (name, run) => {
  for (const [i, row] of table.entries()) {
    const values = Array.isArray(row) ? row : [row]
    define(`${name} (${i + 1})`, () => run(...values))
  }
}

describe.each = tabled(describe)
it.each = tabled(it)
describe.skip = it.skip = () => {}

const hook = (kind) => (run) => suites.at(-1)[kind].push(run)
const hooks = ['beforeAll', 'beforeEach', 'afterEach', 'afterAll']
Object.assign(
  globalThis,
  {
    describe,
    it,
    test: it,
    expect,
    jest: {
      setTimeout() {},
      fn: mocks.fn.bind(mocks),
      spyOn: mocks.spyOn.bind(mocks),
      restoreAllMocks: () => mocks.restoreAllMocks(),
    },
  },
  Object.fromEntries(hooks.map((kind) => [kind, hook(kind)])),
)

/** In order, with their hooks, as Jest would; throws at the first that fails. */
export async function runTests(list) {
  const open = []
  const closeAllBut = async (kept) => {
    while (open.length > kept) for (const after of open.pop().afterAll) await after()
  }
  try {
    for (const test of list) {
      const shared = open.findIndex((suite, i) => suite !== test.suites[i])
      await closeAllBut(shared < 0 ? open.length : shared)
      for (const suite of test.suites.slice(open.length)) {
        open.push(suite)
        for (const before of suite.beforeAll) await before()
      }
      await runTest(test)
    }
  } finally {
    await closeAllBut(0)
  }
}

async function runTest({ name, run, suites: around }) {
  try {
    for (const { beforeEach } of around) for (const before of beforeEach) await before()
    await run()
  } catch (error) {
    throw Object.assign(new Error(`${name}: ${error?.stack ?? error}`), { test: name })
  } finally {
    mocks.restoreAllMocks() // a test that fails leaves them
    for (const { afterEach } of around.toReversed()) for (const after of afterEach) await after()
  }
}
