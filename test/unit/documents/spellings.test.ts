import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { World } from '../../support/world.js'

const methods = ['get', 'post', 'put', 'patch', 'delete']

/** docs/api.md has a table row for each capability, with all its spellings: as many rows as there are handlers. */
describe('docs/api.md', () => {
  const page = readFileSync('docs/api.md', 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| '))
  const spellings = rows.flatMap((row) =>
    [...row.matchAll(/`(GET|POST|PUT|PATCH|DELETE) (\/[^`]*)`/g)].map(([, method, path]) => `${method} ${path}`),
  )
  let world: World
  let paths: Record<string, Record<string, { operationId: string; 'x-also-at'?: string[] }>>

  beforeAll(async () => {
    world = await World.begin()
    const url = await world.start().url()
    ;({ paths } = (await (await fetch(`${url}/docs-json`)).json()) as { paths: typeof paths })
  })
  afterAll(() => world.end())

  it('lists every spelling of everything, each once', () => {
    const served = Object.entries(paths).flatMap(([path, item]) =>
      methods
        .filter((method) => item[method])
        .flatMap((method) =>
          [path, ...(item[method]!['x-also-at'] ?? [])].map(
            (one) => `${method.toUpperCase()} ${one.replaceAll(/\{(\w+)\}/g, ':$1')}`,
          ),
        ),
    )
    expect([...spellings].sort()).toEqual([...served].sort())
  })

  it('names what does it', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
    const code = sources.map((file) => readFileSync(join('src', file), 'utf8')).join('\n')
    const named = rows.flatMap((row) =>
      [
        ...row
          .split('|')
          .at(-2)!
          .matchAll(/`(\w+)`/g),
      ].map(([, name]) => name!),
    )
    expect(named.length).toBeGreaterThan(40)
    expect(named.filter((name) => !code.includes(`export class ${name} `))).toEqual([])
  })

  it('has one row for each capability', () => {
    const handlers = Object.values(paths).flatMap((item) =>
      methods.flatMap((method) => item[method]?.operationId.replace(/_\d+$/, '') ?? []),
    )
    const withSpelling = rows.filter((row) => /`(GET|POST|PUT|PATCH|DELETE) /.test(row))
    expect(withSpelling.length).toBeLessThanOrEqual(new Set(handlers).size)
  })
})
