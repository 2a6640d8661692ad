import { readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, relative } from 'node:path'

/**
 * Joins a compiled program with all our own files that it loads. To load seven hundred files one by one took a quarter
 * of the processor time of a start. Packages stay where they are. See docs/decisions/bundled-packages.md.
 */
export async function joinProgram(entry, joined) {
  const { build } = await import('esbuild') // which was installed a moment ago, at a first start
  const folder = dirname(joined)
  const { outputFiles } = await build({
    entryPoints: [entry],
    outfile: joined,
    plugins: [{ name: 'own files', setup: (bundle) => adaptFiles(bundle, folder) }],
    packages: 'external',
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'linked',
    legalComments: 'none',
    logLevel: 'error',
    write: false,
  })
  await Promise.all(outputFiles.map(({ path, text }) => writeFile(`${folder}/${basename(path)}`, text)))
}

function adaptFiles({ onLoad }, folder) {
  onLoad({ filter: /\.js$/ }, async ({ path }) => ({
    contents: withClassNames(withPlaces(await readFile(path, 'utf8'), `./${relative(folder, path)}`)),
  }))
}

/** A file that looks for others beside it still finds them. */
const withPlaces = (code, place) =>
  code.replaceAll(/\bimport\.meta\.url\b/g, `new URL(${JSON.stringify(place)}, import.meta.url).href`)

/**
 * Nest and /docs use the names of classes, and two files may have a class of one name. esbuild's own way to keep names
 * (`keepNames`) names each closure again at each call, which cost a tenth of a prompt's processor time.
 */
function withClassNames(code) {
  let [named, from] = ['', 0]
  for (const { 0: head, 1: name, index } of code.matchAll(/\bclass (\w+)(?= extends | \{)/g)) {
    const body = bodyOf(code, index + head.length)
    named += `${code.slice(from, body)} static { Object.defineProperty(this, 'name', { value: '${name}' }) }`
    from = body
  }
  return named + code.slice(from)
}

/** Behind the first brace that is not in the arguments of what the class extends. */
function bodyOf(code, from) {
  for (let [at, depth] = [from, 0]; at < code.length; at++) {
    if (code[at] === '(') depth++
    else if (code[at] === ')') depth--
    else if (code[at] === '{' && depth === 0) return at + 1
  }
  throw new Error(`a class without a body: ${code.slice(from, from + 80)}`)
}
