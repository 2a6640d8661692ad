import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { consoleTypes } from '../../support/console/api-types.js'
import { World } from '../../support/world.js'

let world: World
let url: string
beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
})
afterAll(() => world?.end())

describe('the types of the console', () => {
  it('are those of the service: if not, copy .cache/console/schema.ts to console/src/api', async () => {
    const types = await consoleTypes((await (await fetch(`${url}/docs-json`)).json()) as never)
    mkdirSync('.cache/console', { recursive: true })
    writeFileSync('.cache/console/schema.ts', types)
    expect(readFileSync('console/src/api/schema.ts', 'utf8')).toBe(types)
  })
})
