import { installPackages } from './packages.mjs'
import { fail, node, say } from './run.mjs'
import { setUpEverything } from './setup.mjs'

// npm run check [-- --all]
const sources = ['src', 'test', 'bench', 'scripts', 'console/src']
const steps = [
  ['format', 'node_modules/oxfmt/bin/oxfmt', ['--check', '.']],
  ['types and lint', 'node_modules/oxlint/bin/oxlint', ['--type-aware', '--type-check', '--deny-warnings']],
  ['import boundaries', 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs', sources],
  ['unused code', 'node_modules/knip/bin/knip.js', []],
  ['tests', 'scripts/test.mjs', process.argv.slice(2)],
]

try {
  await setUpEverything()
  await installPackages('bench', 'the other stores that benches compare with') // for their types
  await installPackages('test/browser', 'what drives a browser') // for its types
  for (const [name, tool, options] of steps) {
    const started = performance.now()
    say(`${name} …`)
    await node(tool, options, { name })
    say(`${name}: fine (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  }
} catch (error) {
  fail(error)
}
