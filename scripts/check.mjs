import { fail, node, say } from './run.mjs'
import { setUpEverything } from './setup.mjs'

const steps = [
  ['types and lint', 'node_modules/oxlint/bin/oxlint', ['--type-aware', '--type-check', '--deny-warnings']],
  ['import boundaries', 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs', ['src', 'test', 'bench']],
  ['unused code', 'node_modules/knip/bin/knip.js', []],
  ['tests', 'scripts/test.mjs', []],
]

try {
  await setUpEverything()
  for (const [name, tool, args] of steps) {
    const started = performance.now()
    say(`${name} …`)
    await node(tool, args)
    say(`${name}: fine (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  }
} catch (error) {
  fail(error)
}
