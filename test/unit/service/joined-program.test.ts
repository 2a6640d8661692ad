import { existsSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** What `npm start` and the image run: all our own files in one (scripts/join.mjs). */
describe('the joined program', () => {
  const joined = readFileSync('build/src/service.js', 'utf8')
  const places = [...joined.matchAll(/new URL\("(\.\/[^"]+)", import\.meta\.url\)\.href/g)].map(([, place]) => place!)

  it('knows the place of each file that looks for others beside it', () => {
    expect(places).toContain('./projects/files/text/text-extraction.js')
    expect(places.filter((place) => !existsSync(resolve('build/src', place)))).toEqual([])
    expect(joined.match(/import\.meta\.url/g)).toHaveLength(places.length)
  })

  it('has all classes under their names, also those that are renamed because another file has one', async () => {
    const renamed = [...joined.matchAll(/^var (\w+) = class (\w+2) /gm)]
    expect(renamed.length).toBeGreaterThan(10)
    const named = new Set(
      [...joined.matchAll(/defineProperty\(this, "name", \{ value: "(\w+)" \}\)/g)].map((m) => m[1]),
    )
    const files = (await readdir('build/src', { recursive: true })).filter((name) => name.endsWith('.dto.js'))
    const sources = await Promise.all(files.map((name) => readFile(join('build/src', name), 'utf8')))
    const classes = sources.flatMap((code) => [...code.matchAll(/\bclass (\w+)(?= extends | \{)/g)].map((m) => m[1]))
    expect(classes.filter((name) => !named.has(name))).toEqual([])
  })

  it('has none of the packages, which stay beside it', () => {
    expect(joined).toMatch(/^import \{.*\} from "mongodb";$/m)
    expect(joined).not.toContain('node_modules/mongodb')
  })
})
