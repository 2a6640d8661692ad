import { fileURLToPath } from 'node:url'
import { compile, everything, service } from './compile.mjs'
import { installEnginesToo } from './engines.mjs'
import { installPackages } from './packages.mjs'
import { Failed } from './run.mjs'

// Every path that scripts name is one of the project's.
process.chdir(fileURLToPath(new URL('..', import.meta.url)))

/** All that the service needs to run. Does nothing, in a few milliseconds, when all is in place. */
export async function setUpService() {
  await install()
  await compile(service)
}

/** All that tests and benches need. */
export async function setUpEverything() {
  await install()
  await compile(everything)
}

async function install() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Failed(`this is Node ${process.versions.node}; Verbatim needs 20.19 or later`, 1)
  }
  await Promise.all([installPackages('.', 'packages'), installEnginesToo()])
}
