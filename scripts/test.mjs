import { fail, node } from './run.mjs'
import { setUpEverything } from './setup.mjs'

// npm test [-- [--faults] [a path pattern, or any option of Jest's]]
const options = process.argv.slice(2)
const config = options.includes('--faults') ? 'jest.faults.config.mjs' : 'jest.config.mjs'
const passedOn = options.filter((option) => option !== '--faults')

try {
  await setUpEverything()
  await node('node_modules/jest/bin/jest.js', ['--config', config, ...passedOn])
} catch (error) {
  fail(error)
}
