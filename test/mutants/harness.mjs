import { expect } from 'expect'

/**
 * `describe`, `it` and their kin, for specs that Node loads by itself: a mutant then costs milliseconds, where a run of
 * Jest costs seconds. Jest's own `expect` judges.
 */
export const tests = []

let path = []
let hooks = { beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] }

function describe(name, define) {
  const outer = { path, hooks }
  path = [...path, name]
  hooks = Object.fromEntries(Object.entries(hooks).map(([kind, list]) => [kind, [...list]]))
  define()
  ;({ path, hooks } = outer)
}

function it(name, run) {
  tests.push({ name: [...path, name].join(' › '), run, hooks })
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

const hook = (kind) => (run) => hooks[kind].push(run)
const names = ['beforeAll', 'beforeEach', 'afterEach', 'afterAll']
Object.assign(
  globalThis,
  { describe, it, test: it, expect },
  Object.fromEntries(names.map((name) => [name, hook(name)])),
)

/** Hooks for all run for each here: every test stands alone. Throws when it fails. */
export async function runTest({ run, hooks: around }) {
  for (const before of [...around.beforeAll, ...around.beforeEach]) await before()
  try {
    await run()
  } finally {
    for (const after of [...around.afterEach, ...around.afterAll]) await after()
  }
}
