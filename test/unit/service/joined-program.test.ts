import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** What `npm start` and the image run: all our own files in one (scripts/join.mjs). */
describe('the joined program', () => {
  const joined = readFileSync('build/src/service.js', 'utf8')
  const places = [...joined.matchAll(/new URL\("(\.\/[^"]+)", import\.meta\.url\)\.href/g)].map(([, place]) => place!)

  it('knows the place of each file that looks for others beside it', () => {
    expect(places).toContain('./projects/files/text/text-extraction.js')
    expect(places.filter((place) => !existsSync(resolve('build/src', place)))).toEqual([])
    expect(joined.match(/import\.meta\.url/g)).toHaveLength(places.length)
  })

  it('has none of the packages, which stay beside it', () => {
    expect(joined).toMatch(/^import \{.*\} from "mongodb";$/m)
    expect(joined).not.toContain('node_modules/mongodb')
  })
})
