import { fileURLToPath } from 'node:url'
import { withBar } from './bar.mjs'
import { compile, everything, service } from './compile.mjs'
import { bundleConsole } from './console.mjs'
import { installEnginesOnFirstUse } from './engines.mjs'
import { installPackages } from './packages.mjs'
import { ProgramError } from './run.mjs'

// Paths in scripts are relative to the project.
process.chdir(fileURLToPath(new URL('..', import.meta.url)))

/** Installs and compiles what the service needs. Takes a few milliseconds when nothing is to be done. */
export const setUpService = () =>
  withBar([
    ['installing packages and databases', install],
    ['compiling', () => Promise.all([compile(service), bundleConsole()])],
  ])

/** Installs and compiles what tests and benches need. */
export const setUpEverything = () =>
  withBar([
    ['installing packages and databases', install],
    ['compiling', () => Promise.all([compile(everything), bundleConsole()])],
  ])

async function install() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new ProgramError(`this is Node ${process.versions.node}; Verbatim needs 20.19 or later`, 1)
  }
  await Promise.all([installPackages('.', 'packages'), installEnginesOnFirstUse()])
}
