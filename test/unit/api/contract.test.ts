import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Contract } from '../../support/api/contract.js'
import { World } from '../../support/world.js'

let world: World
let url: string
beforeAll(async () => {
  world = await World.begin()
  url = await world.start().url()
})
afterAll(() => world?.end())

/**
 * What clients rely on, a line for each operation and each schema: names, types, bounds and statuses. A change of it is
 * meant, or it is a fault: so it is in a file, and each change is seen in a review.
 */
describe('the contract with clients', () => {
  it('is kept: if not, and the change is meant, copy .cache/contract.jsonl to test/unit/api', async () => {
    const lines = linesOf(await Contract.of(url))
    mkdirSync('.cache', { recursive: true })
    writeFileSync('.cache/contract.jsonl', `${lines.join('\n')}\n`)
    const agreed = readFileSync('test/unit/api/contract.jsonl', 'utf8').trimEnd().split('\n')
    const [known, found] = [new Set(agreed), new Set(lines)]
    expect({
      missing: agreed.filter((line) => !found.has(line)),
      new: lines.filter((line) => !known.has(line)),
    }).toEqual({ missing: [], new: [] })
  })
})

function linesOf({ document: { paths, components } }: Contract): string[] {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses, ...asked }]) => {
      const answers = Object.entries(responses).map(([status, { content }]) => [status, status < '300' && content])
      return lineOf(`${method.toUpperCase()} ${path}`, { ...asked, responses: Object.fromEntries(answers) })
    }),
  )
  return [...operations, ...Object.entries(components.schemas).map(([name, schema]) => lineOf(name, schema))].sort()
}

const lineOf = (name: string, value: unknown) => JSON.stringify({ [name]: withoutTexts(value) })

const texts = new Set(['description', 'summary', 'example', 'examples', 'tags', 'title'])

/** What is for people: /docs has it. A property may have such a name. */
function withoutTexts(value: unknown, areProperties = false): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutTexts(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => areProperties || !texts.has(name))
      .map(([name, part]) => [name, withoutTexts(part, name === 'properties')]),
  )
}
