import { installPackages } from './packages.mjs'
import { fail, node } from './run.mjs'
import { setUpEverything } from './setup.mjs'

// npm run mutants [-- a part of a path]: are small changes to the core noticed by tests that start no process?
try {
  await setUpEverything()
  await installPackages('test/mutants', 'what makes mutants')
  await node('test/mutants/run.mjs', process.argv.slice(2))
} catch (error) {
  fail(error)
}
