import { readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, relative } from 'node:path'
import { withCheapNames } from './bundle.mjs'

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
    plugins: [{ name: 'places', setup: (bundle) => keepPlaces(bundle, folder) }],
    packages: 'external',
    bundle: true,
    keepNames: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    sourcemap: 'linked',
    legalComments: 'none',
    logLevel: 'error',
    write: false,
  })
  const isMap = (path) => path.endsWith('.map')
  await Promise.all(
    outputFiles.map(({ path, text }) =>
      writeFile(`${folder}/${basename(path)}`, isMap(path) ? text : withCheapNames(text)),
    ),
  )
}

/** A file that looks for others beside it still finds them. */
function keepPlaces({ onLoad }, folder) {
  onLoad({ filter: /\.js$/ }, async ({ path }) => {
    const code = await readFile(path, 'utf8')
    const place = `new URL(${JSON.stringify(`./${relative(folder, path)}`)}, import.meta.url).href`
    return { contents: code.replaceAll(/\bimport\.meta\.url\b/g, place) }
  })
}
