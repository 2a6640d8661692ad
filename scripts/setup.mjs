import { fileURLToPath } from 'node:url'
import { compile, everything, service } from './compile.mjs'
import { installEnginesToo } from './engines.mjs'
import { installPackages } from './packages.mjs'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

/** All that the service needs to run. Does nothing, in a few milliseconds, when all is in place. */
export async function setUpService() {
  await installAll()
  await compile(service)
}

/** All that tests and benches need. */
export async function setUpEverything() {
  await installAll()
  await compile(everything)
}

const installAll = () => Promise.all([installPackages('.', 'packages'), installEnginesToo()])
