import { createConfig, lintFromString } from '@redocly/openapi-core'
import { RE2JS } from 're2js'
import { Contract } from '../../support/api/contract.js'
import { World } from '../../support/world.js'

let world: World
let contract: Contract

beforeAll(async () => {
  world = await World.begin()
  contract = await Contract.of(await world.start().url())
})
afterAll(() => world?.end())

/** Somebody else's strictest rules, and those that it leaves to choice. */
const rules = {
  'no-invalid-media-type-examples': 'error',
  'no-invalid-schema-examples': 'error',
  'no-invalid-parameter-examples': 'error',
  'no-duplicated-tag-names': 'error',
  'tag-description': 'error',
  'path-excludes-patterns': { severity: 'error', patterns: ['/$'] },
  // Payloads of sockets are used by an extension only.
  'no-unused-components': 'off',
  // In OpenAPI 3.0 a reference can have a description only inside an allOf.
  'no-illogical-composition-keywords': 'off',
} as const

const isOpen = (part: string | undefined) => part!.startsWith('{')
const fitTheSame = (one: string[], other: string[]) =>
  one.length === other.length && one.every((part, i) => part === other[i] || isOpen(part) || isOpen(other[i]))
const isMoreExact = (one: string[], other: string[]) => one.every((part, i) => !isOpen(part) || isOpen(other[i]))

describe('the OpenAPI document', () => {
  it('is valid by the strictest rules of Redocly', async () => {
    const config = await createConfig({ extends: ['recommended-strict'], rules })
    const problems = await lintFromString({ source: JSON.stringify(contract.document), config })
    expect(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`)).toEqual([])
  })

  it('has only patterns that RE2 takes, as Go and Rust do', () => {
    const patterns = new Set<string>()
    JSON.parse(JSON.stringify(contract.document), (key, value: unknown) => {
      if (key === 'pattern' && typeof value === 'string') patterns.add(value)
      return value
    })
    expect(patterns.size).toBeGreaterThan(2)
    for (const pattern of patterns) expect(() => RE2JS.compile(pattern)).not.toThrow()
    expect(() => RE2JS.compile('^(?!chat$)')).toThrow(/Perl/)
  })

  it('has no address that two of its paths could mean', () => {
    const templates = Object.keys(contract.document.paths).filter((path) => path.includes('{'))
    const split = templates.map((path) => path.split('/'))
    const ambiguous = split.flatMap((one, i) =>
      split
        .slice(i + 1)
        .filter((other) => fitTheSame(one, other) && !isMoreExact(one, other) && !isMoreExact(other, one))
        .map((other) => `${one.join('/')} ${other.join('/')}`),
    )
    expect(ambiguous).toEqual([])
  })

  it('models the events of streams and of sockets', () => {
    const streamed = contract.operations.find(({ path }) => path === '/replies/{replyId}/stream')!
    const { anyOf } = streamed.responses[200]!.content!['text/event-stream']!.schema
    expect(anyOf!.map(({ $ref, title }) => $ref ?? title)).toEqual([
      ...['Start', 'Delta', 'Done', 'Failed'].map((name) => `#/components/schemas/Reply${name}Dto`),
      'ReplyReset',
    ])
    const { fromClient, fromService } = contract.document['x-socket-events']
    expect(Object.keys(fromClient)).toEqual(['join-chat', 'leave-chat', 'chat-message'])
    for (const { payload } of [...Object.values(fromClient), ...Object.values(fromService)])
      expect(Object.keys(contract.schema(payload).properties!)).not.toEqual([])
  })
})
