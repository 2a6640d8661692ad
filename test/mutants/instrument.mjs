import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { commonTokens } from '@stryker-mutator/api/plugin'
import { createInstrumenter } from '@stryker-mutator/instrumenter'
import { createInjector } from 'typed-inject'
import { node } from '../../scripts/run.mjs'
import { textsForPeople } from './texts-for-people.mjs'

/**
 * Writes a copy of the sources into the folder in which each mutant sleeps until it is switched on, compiled, and the
 * tests beside it. Answers the mutants.
 */
export async function instrument(files, folder) {
  const tree = join(folder, 'tree')
  await rm(folder, { recursive: true, force: true })
  for (const part of ['src', 'test'])
    await cp(part, join(tree, part), { recursive: true, filter: (name) => !/node_modules/.test(name) })
  const silent = { debug() {}, info() {}, warn() {}, error() {}, isDebugEnabled: () => false }
  const injector = createInjector()
    .provideValue(commonTokens.getLogger, () => silent)
    .provideValue(commonTokens.logger, silent)
  const instrumenter = injector.injectFunction(createInstrumenter)
  const sources = await Promise.all(
    files.map(async (name) => ({ name, mutate: true, content: await readFile(name, 'utf8') })),
  )
  const { files: mutated, mutants } = await instrumenter.instrument(sources, {
    plugins: null,
    excludedMutations: [],
    ignorers: [textsForPeople],
  })
  for (const { name, content } of mutated) await writeFile(join(tree, name), content)
  await mkdir(join(folder, 'build'), { recursive: true })
  const options = ['--out-dir', join('..', 'build'), '--config-file', join(process.cwd(), '.swcrc'), '--quiet']
  await node(join(process.cwd(), 'node_modules/@swc/cli/bin/swc.js'), ['src', 'test', ...options], { cwd: tree })
  return mutants.filter(({ status }) => status !== 'Ignored')
}
