import { jest, jestWithRepeats } from './jest.mjs'
import { fail, node } from './run.mjs'
import { installPackages } from './packages.mjs'
import { setUpEverything } from './setup.mjs'

// npm test [-- [--all | --faults | --clients | --browser] [--repeat-failed] [a path pattern, or any option of Jest's]]
// npm test -- --hostile [--seed <number>] [--requests <number>] [--longest-hold <ms>]
// npm test -- --nemesis [--seed <number>] [--minutes <number>]
const configs = {
  '--all': 'jest.all.config.mjs',
  '--faults': 'jest.faults.config.mjs',
  '--clients': 'jest.clients.config.mjs',
  '--browser': 'jest.browser.config.mjs',
  '--hostile': 'jest.hostile.config.mjs',
}
const options = process.argv.slice(2)
const chosen = options.find((option) => option in configs)
const config = chosen ? configs[chosen] : 'jest.config.mjs'
const repeatFailed = '--repeat-failed'
const jestOptions = options.filter((option) => option !== chosen && option !== repeatFailed)

// Jest has options of its own: these reach the tests as variables.
if (chosen === '--hostile') {
  for (const name of ['seed', 'requests', 'longest-hold']) {
    const at = jestOptions.indexOf(`--${name}`)
    if (at < 0) continue
    const [, value = ''] = jestOptions.splice(at, 2)
    process.env[`HOSTILE_${name.toUpperCase().replace('-', '_')}`] = value
  }
}

try {
  await setUpEverything()
  if (chosen === '--clients') await installPackages('test/clients', 'clients')
  if (chosen === '--browser') await installPackages('test/browser', 'a browser')
  if (options.includes('--nemesis')) {
    const rest = options.filter((option) => option !== '--nemesis')
    await node('build/test/nemesis/main.js', rest, { name: 'the nemesis' })
  } else if (options.includes(repeatFailed)) await jestWithRepeats(config, jestOptions)
  else await jest(config, jestOptions)
} catch (error) {
  fail(error)
}
