import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

/** An API document, as far as this looks into it. */
interface ApiDocument {
  paths: Record<string, Record<string, { responses: Record<string, { headers?: unknown }>; description?: unknown }>>
  components: { schemas: Record<string, unknown> }
}

/** The types that the console uses, made from the document of a running service by openapi-typescript. */
export async function consoleTypes(document: ApiDocument): Promise<string> {
  await mkdir('.cache', { recursive: true })
  const folder = await mkdtemp(resolve('.cache/console-types-'))
  try {
    const [from, to] = ['api.json', 'schema.ts'].map((name) => join(folder, name))
    await writeFile(from!, JSON.stringify(partOf(document, await pathsInUse(document))))
    await promisify(execFile)(process.execPath, ['node_modules/openapi-typescript/bin/cli.js', from!, '--output', to!])
    await promisify(execFile)(process.execPath, ['node_modules/oxfmt/bin/oxfmt', '-c', '.oxfmtrc.json', to!])
    return await readFile(to!, 'utf8')
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Those that the console's sources ask, or whose types they name. */
async function pathsInUse({ paths }: ApiDocument): Promise<string[]> {
  const files = await readdir('console/src', { recursive: true })
  const sources = await Promise.all(
    files
      .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('schema.ts'))
      .map((file) => readFile(join('console/src', file), 'utf8')),
  )
  return Object.keys(paths).filter((path) =>
    sources.some((source) => source.includes(`('${path}'`) || source.includes(`paths['${path}']`)),
  )
}

/** These paths with their good answers, and the schemas that they need. */
function partOf(document: ApiDocument, wanted: readonly string[]): object {
  const paths: ApiDocument['paths'] = {}
  for (const path of wanted) {
    paths[path] = {}
    for (const [method, { description: _, responses, ...operation }] of Object.entries(document.paths[path]!)) {
      const good = Object.entries(responses).filter(([status]) => status < '300')
      const withoutHeaders = good.map(([status, { headers: _headers, ...answer }]) => [status, answer] as const)
      paths[path][method] = { ...operation, responses: Object.fromEntries(withoutHeaders) }
    }
  }
  const schemas: Record<string, unknown> = {}
  const gather = (value: unknown) => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (name in schemas) continue
      schemas[name] = document.components.schemas[name]
      gather(schemas[name])
    }
  }
  gather(paths)
  return { openapi: '3.0.0', info: { title: 'Verbatim', version: '1' }, paths, components: { schemas } }
}
