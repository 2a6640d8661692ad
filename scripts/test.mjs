import { fail, node } from './run.mjs'
import { setUpEverything } from './setup.mjs'

// npm test [-- [--all | --faults] [a path pattern, or any option of Jest's]]
// npm test -- --nemesis [--seed <number>] [--minutes <number>]
const configs = { '--all': 'jest.all.config.mjs', '--faults': 'jest.faults.config.mjs' }
const options = process.argv.slice(2)
const chosen = options.find((option) => option in configs)
const config = chosen ? configs[chosen] : 'jest.config.mjs'
const jestOptions = options.filter((option) => option !== chosen)

try {
  await setUpEverything()
  if (options.includes('--nemesis')) {
    const rest = options.filter((option) => option !== '--nemesis')
    await node('build/test/nemesis/main.js', rest, { name: 'the nemesis' })
  } else await node('node_modules/jest/bin/jest.js', ['--config', config, ...jestOptions])
} catch (error) {
  fail(error)
}
