import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { bundlePackages } from './bundle.mjs'
import { filesIn } from './files.mjs'
import { joinProgram } from './join.mjs'
import { node, say } from './run.mjs'

const settings = [
  '.swcrc',
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
  'scripts/bundle.mjs',
  'scripts/join.mjs',
]

/**
 * dist/: the service alone. Types are not checked: that takes most of a first start, and `npm run check` does it. The
 * image is made with `npm run build`, which checks them as well.
 */
export const service = {
  folder: 'dist',
  sources: ['src'],
  compile: () => swc(['src', '--out-dir', 'dist', '--strip-leading-paths']),
  sourceOf: (file) => join('src', relative('dist', file)),
  join: () => joinProgram('dist/main.js', 'dist/service.js'),
}

/**
 * build/: everything, types unchecked, for tests, benches and the processes that they start. Of the console what needs
 * no browser: that is tested in Node.
 */
export const everything = {
  folder: 'build',
  sources: ['src', 'test', 'bench', 'console/src'],
  compile: (sources) => swc([...sources, '--out-dir', 'build']),
  sourceOf: (file) => relative('build', file),
  join: () => joinProgram('build/src/main.js', 'build/src/service.js'),
}

const swc = (options) =>
  node('node_modules/@swc/cli/bin/swc.js', [
    ...options,
    '--config-file',
    '.swcrc',
    '--quiet',
    '--ignore',
    '**/node_modules/**,**/*.tsx',
  ])

/**
 * Compiles when the output was made from other sources. It compares their content, so it is right after a fresh clone,
 * a `git checkout` and in a copied folder. The mark is written last, so a failed build is repeated.
 */
export async function compile(output) {
  const started = performance.now()
  const sources = output.sources.filter((folder) => existsSync(folder))
  const mark = join(output.folder, '.made-from')
  const made = await readFile(mark, 'utf8').catch(() => undefined)
  const wanted = await fingerprint(sources)
  if (made === wanted) return false
  say(`compiling ${sources.join(', ')} into ${output.folder} …`)
  await rm(mark, { force: true })
  await output.compile(sources)
  await removeOrphans(output)
  await mkdir(output.folder, { recursive: true })
  await bundlePackages(output.folder) // which looks through all files, so not at the same time
  await output.join()
  await writeFile(mark, wanted)
  say(`compiled in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return true
}

async function fingerprint(sources) {
  const hash = createHash('sha256')
  const files = (await Promise.all(sources.map((folder) => filesIn(folder)))).flat()
  for (const file of [...files.filter((name) => name.endsWith('.ts')).sort(), ...settings]) {
    const content = await readFile(file)
    hash.update(`${file}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/** Removes output whose source is gone. Everything else is compiled in place, which disturbs no running test. */
async function removeOrphans({ folder, sourceOf }) {
  for (const file of await filesIn(folder)) {
    const source = sourceOf(file).replace(/\.js(\.map)?$/, '.ts')
    if (/\.js(\.map)?$/.test(file) && !existsSync(source)) await rm(file)
  }
}
