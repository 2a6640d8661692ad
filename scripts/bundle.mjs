import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { filesIn } from './files.mjs'

/**
 * Stay as they are: Nest looks for the first two by itself and must find those that we import (the second is joined
 * apart); the third is native; the next two are loaded only when they are needed. Packages look for the others and can
 * do without them.
 */
const asTheyAre = `
  class-transformer class-validator @node-rs/argon2 @opentelemetry/* gpt-tokenizer
  @apollo/* @aws-sdk/* @bull-board/ui @fastify/view @mongodb-js/zstd
  @nestjs/microservices @nestjs/platform-express ajv aws4 gcp-metadata
  kerberos mongodb-client-encryption snappy socks swagger-ui-dist
`
  .trim()
  .split(/\s+/)

/** What CommonJS modules expect to be there. */
const banner = `import { createRequire as createRequireOf } from 'node:module'
import { dirname as dirnameOf } from 'node:path'
import { fileURLToPath as pathOf } from 'node:url'
const require = createRequireOf(import.meta.url)
const __filename = pathOf(import.meta.url)
const __dirname = dirnameOf(__filename)`

/**
 * How esbuild keeps names, also of each closure at each call: that was ten times the cost of the closure. Classes and
 * functions that have their name already, and arrow functions, are left alone.
 */
const naming = 'var __name = (target, value) => __defProp(target, "name"'
const cheapNaming =
  'var __name = (target, value) => target.name === value || !target.prototype ? target : __defProp(target, "name"'

/**
 * Makes <folder>/node_modules: the packages that the folder's compiled files import, in some dozens of files instead of
 * 3,400. Node looks there before it looks into the project's own node_modules. To load the packages file by file was
 * half of the processor time of a start. See docs/decisions/bundled-packages.md.
 */
export async function bundlePackages(folder) {
  const modules = join(folder, 'node_modules')
  const entries = [...(await importsOf(folder))].map(([specifier, names]) => entryOf(specifier, names))
  const mark = join(modules, '.made-from')
  const wanted = await fingerprint(entries)
  if ((await readFile(mark, 'utf8').catch(() => undefined)) === wanted) return
  const { build } = await import('esbuild') // which was installed a moment ago, at a first start
  await rm(modules, { recursive: true, force: true })
  const { outputFiles } = await build({
    entryPoints: entries.map(({ specifier, output }) => ({ in: specifier, out: output })),
    plugins: [{ name: 'entries', setup: (bundle) => findEntries(bundle, entries) }],
    external: asTheyAre,
    outdir: modules,
    outExtension: { '.js': '.mjs' },
    chunkNames: '.shared/[name]-[hash]',
    banner: { js: banner },
    bundle: true,
    splitting: true,
    keepNames: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    legalComments: 'none',
    logLevel: 'error',
    write: false,
  })
  const files = outputFiles.map(({ path, text }) => ({ path, text: text.replace(naming, cheapNaming) }))
  if (!files.some(({ text }) => text.includes(cheapNaming)))
    throw new Error('esbuild names functions in another way now')
  await Promise.all(files.map(({ path, text }) => writeIn(dirname(path), basename(path), text)))
  await Promise.all(packagesOf(entries).map((content) => writePackage(modules, content)))
  await joinValidator(modules)
  await writeFile(mark, wanted)
}

/**
 * class-validator with all that it needs, two hundred and fifty files, in one of CommonJS: Nest requires it. Our files
 * import the same one, by its names: Node would look for them in all of its code, which takes four times as long as to
 * load it.
 */
async function joinValidator(modules) {
  const { build } = await import('esbuild')
  const name = 'class-validator'
  await build({
    entryPoints: [name],
    mainFields: ['es2015', 'module', 'main'],
    outfile: join(modules, name, 'index.js'),
    bundle: true,
    keepNames: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    legalComments: 'none',
    logLevel: 'error',
  })
  const file = join(process.cwd(), modules, name, 'index.js')
  const names = Object.keys(createRequire(import.meta.url)(file))
  const code = `import { createRequire } from 'node:module'
export const { ${names.join(', ')} } = createRequire(import.meta.url)('./index.js')`
  await writeIn(dirname(file), 'index.mjs', code)
  await writePackage(modules, { name, exports: { import: './index.mjs', require: './index.js' } })
}

/** Most changes import what was imported before: then running processes keep the files that they may still load. */
async function fingerprint(entries) {
  const hash = createHash('sha256')
  for (const file of ['package-lock.json', fileURLToPath(import.meta.url)]) hash.update(await readFile(file))
  return hash.update(entries.map(({ code }) => code).join('\n')).digest('hex')
}

/** The packages to bundle, by specifier, with the names that are imported of each. */
async function importsOf(folder) {
  const { dependencies } = JSON.parse(await readFile('package.json', 'utf8'))
  const bundled = new Set([...Object.keys(dependencies), '@nestjs/testing'].filter((name) => !staysAsItIs(name)))
  const imports = new Map()
  for (const file of (await filesIn(folder)).filter((name) => name.endsWith('.js'))) {
    for (const [specifier, clause] of importsIn(await readFile(file, 'utf8'))) {
      if (!bundled.has(packageOf(specifier))) continue
      if (clause.includes('*')) throw new Error(`${file} imports all of ${specifier}: name what it needs`)
      if (!imports.has(specifier)) imports.set(specifier, new Set())
      for (const name of namesIn(clause)) imports.get(specifier).add(name)
    }
  }
  return new Map([...imports].sort(([a], [b]) => (a < b ? -1 : 1)))
}

const staysAsItIs = (name) =>
  asTheyAre.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern))

const importsIn = (code) =>
  [...code.matchAll(/^(?:import|export) (?:([^'";]*?) from )?['"]([^'".][^'"]*)['"]/gm)].map(
    ([, clause = '', specifier]) => [specifier, clause],
  )

/** `a, { b, c as d }` needs default, b and c. */
function namesIn(clause) {
  const [, whole, braced = ''] = /^\s*([\w$]+)?\s*,?\s*(?:\{([^}]*)\})?/.exec(clause)
  const names = braced.split(',').map((part) => part.trim().split(/\s+/)[0])
  return [...(whole ? ['default'] : []), ...names.filter(Boolean)]
}

const packageOf = (specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')

function entryOf(specifier, names) {
  const name = packageOf(specifier)
  const within = specifier.slice(name.length)
  return { specifier, name, within, output: `${name}/${within.slice(1) || 'index'}`, code: codeOf(specifier, names) }
}

const codeOf = (specifier, names) =>
  names.size ? `export { ${[...names].sort().join(', ')} } from '${specifier}'` : `import '${specifier}'`

function findEntries(bundle, entries) {
  bundle.onResolve({ filter: /./ }, ({ kind, path }) => {
    if (kind === 'entry-point') return { path, namespace: 'entry' }
  })
  bundle.onLoad({ filter: /./, namespace: 'entry' }, ({ path }) => ({
    contents: entries.find(({ specifier }) => specifier === path).code,
    resolveDir: '.',
  }))
}

function packagesOf(entries) {
  const packages = new Map()
  for (const { name, within, output } of entries) {
    if (!packages.has(name)) packages.set(name, { name, exports: {} })
    packages.get(name).exports[`.${within}`] = `./${output.slice(name.length + 1)}.mjs`
  }
  return [...packages.values()]
}

const writePackage = (modules, content) => writeIn(join(modules, content.name), 'package.json', JSON.stringify(content))

async function writeIn(folder, name, text) {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), text)
}
