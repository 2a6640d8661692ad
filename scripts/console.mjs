import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { filesIn } from './files.mjs'

const folder = 'console/dist'
const assets = join(folder, 'assets')
const mark = join(folder, '.made-from')

/**
 * Makes console/dist, which the service serves under /console: scripts and styles named after their content, each also
 * compressed, and the page that names them; nothing when the sources are as they were. The
 * page is written after its files, and old files are removed after that: a service that runs meanwhile serves one whole
 * console or the other. The mark is written last, so a failed build is repeated.
 */
export async function bundleConsole() {
  const wanted = await fingerprint()
  if ((await readFile(mark, 'utf8').catch(() => undefined)) === wanted) return
  const { build } = await import('esbuild') // which was installed a moment ago, at a first start
  await rm(mark, { force: true })
  const { outputFiles, metafile } = await build({
    entryPoints: ['console/src/main.tsx', 'console/src/style/console.css'],
    outdir: assets,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: ['chrome110', 'firefox115', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    tsconfig: 'console/tsconfig.json',
    legalComments: 'none',
    logLevel: 'error',
    metafile: true,
    write: false,
  })
  await mkdir(assets, { recursive: true })
  await Promise.all(outputFiles.map(({ path, contents }) => writeCompressed(path, contents)))
  await writeFile(join(folder, 'index.html'), await page(entriesIn(metafile)))
  const made = new Set(outputFiles.flatMap(({ path }) => [basename(path), `${basename(path)}.gz`]))
  for (const file of await readdir(assets)) if (!made.has(file)) await rm(join(assets, file))
  await writeFile(mark, wanted)
}

async function fingerprint() {
  const hash = createHash('sha256')
  const sources = await filesIn('console/src')
  const settings = ['console/index.html', 'console/tsconfig.json', 'package-lock.json', fileURLToPath(import.meta.url)]
  for (const file of [...sources.sort(), ...settings]) hash.update(`${file}\0`).update(await readFile(file))
  return hash.digest('hex')
}

async function writeCompressed(path, contents) {
  await Promise.all([writeFile(path, contents), writeFile(`${path}.gz`, await promisify(gzip)(contents, { level: 9 }))])
}

/** What the page loads: the script, what that imports at once, and the style. */
function entriesIn({ outputs }) {
  const entries = Object.entries(outputs).filter(([, { entryPoint }]) => /main\.tsx$|\.css$/.test(entryPoint ?? ''))
  const script = entries.find(([path]) => path.endsWith('.js'))
  const atOnce = script[1].imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path)
  const style = entries.find(([path]) => path.endsWith('.css'))
  return { script: basename(script[0]), style: basename(style[0]), atOnce: atOnce.map((path) => basename(path)) }
}

async function page({ script, style, atOnce }) {
  const template = await readFile('console/index.html', 'utf8')
  const links = [
    `<link rel="stylesheet" href="/console/assets/${style}" />`,
    ...atOnce.map((file) => `<link rel="modulepreload" href="/console/assets/${file}" />`),
    `<script type="module" src="/console/assets/${script}"></script>`,
  ]
  return template.replace('<!-- what the build has made -->', links.join('\n    '))
}
