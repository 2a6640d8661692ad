import { existsSync, readdirSync } from 'node:fs'
import { fail, node, say } from './run.mjs'
import { installPackages } from './packages.mjs'
import { setUpEverything } from './setup.mjs'

const [name, ...options] = process.argv.slice(2)

try {
  await setUpEverything()
  await installPackages('bench', 'the other stores that benches compare with')
  if (name && existsSync(`build/bench/${name}.js`)) await node(`build/bench/${name}.js`, options)
  else explain()
} catch (error) {
  fail(error)
}

function explain() {
  const names = readdirSync('bench').flatMap((file) => (/^[^.]+\.ts$/.test(file) ? [file.slice(0, -3)] : []))
  say(`npm run bench -- <name> [options], where the name is one of: ${names.join(', ')}`)
  process.exitCode = 1
}
