import {
  asAnswerForm,
  imageUrl,
  jsonSchemaFields,
  metadata,
  modelName,
  samplingFields,
  settingsOf,
  text,
  toolName,
  toolOptions,
  user,
} from '../../../src/chat/api/openai/settings.dto.js'
import type { DeclaredTool } from '../../../src/chat/api/declared-tools.js'
import { errorOf } from '../../support/error-of.js'

type Field = { safeParse(value: unknown): { success: boolean } }
/** Which of the values a field takes. */
const taken = (field: Field, ...values: unknown[]) => values.filter((value) => field.safeParse(value).success)
const long = (length: number) => 'x'.repeat(length)

describe('a field of a request', () => {
  it('is a text that can be stored as it came', () => expect(taken(text(), 'a 😀', '\ud83d', '')).toEqual(['a 😀', '']))

  it('is an image that is sent along, or an https address', () => {
    const data = ['png', 'jpeg', 'webp', 'gif'].map((type) => `data:image/${type};base64,AA==`)
    const address = 'https://example.org/'
    const longest = address + long(2_000 - address.length)
    expect(taken(imageUrl, ...data, address, longest)).toEqual([...data, address, longest])
    const padded = 'data:image/png;base64,AAA='
    expect(taken(imageUrl, padded, 'data:image/png;base64,AAAA')).toHaveLength(2)
    const refused = [
      'data:image/svg+xml;base64,AA==',
      'data:image/png;base64,',
      'data:image/png;base64,A A',
      'data:image/png;base64,AA===',
      'data:image/png,AA',
      ' data:image/png;base64,AA==',
      'data:image/png;base64,AA==\n',
      'http://example.org/',
      'file:///etc/passwd',
      'https://',
      `${longest}x`,
      `data:image/png;base64,${long(1_000_000)}`,
    ]
    expect(taken(imageUrl, ...refused)).toEqual([])
  })

  it('is a caller’s own notes, of a certain size', () => {
    const entries = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, 'x']))
    const good = [{}, entries(16), { [long(64)]: long(512) }]
    expect(taken(metadata, ...good, entries(17), { [long(65)]: 'x' }, { '': 'x' }, { a: long(513) })).toEqual(good)
  })

  it('is a name of what it names', () => {
    expect(taken(toolName, 'get_weather-2', long(64), long(65), '', 'a b', 'é')).toEqual(['get_weather-2', long(64)])
    expect(taken(jsonSchemaFields.name, 'answer', long(64), long(65), '', 'a.b')).toEqual(['answer', long(64)])
    expect(taken(modelName, undefined, 'a', long(200), long(201), '')).toEqual([undefined, 'a', long(200)])
    expect(taken(user, undefined, '', long(512), long(513))).toEqual([undefined, '', long(512)])
  })

  it('is a number within its bounds', () => {
    const { temperature, top_p: topP, presence_penalty: presence, frequency_penalty: frequency } = samplingFields
    expect(taken(temperature, undefined, -0.1, 0, 2, 2.1)).toEqual([undefined, 0, 2])
    expect(taken(topP, undefined, -0.1, 0, 1, 1.1)).toEqual([undefined, 0, 1])
    for (const penalty of [presence, frequency])
      expect(taken(penalty, undefined, -2.1, -2, 2, 2.1)).toEqual([undefined, -2, 2])
  })
})

describe('the settings of a request', () => {
  it('are ours under our names, and only what was said', () => {
    const asked = { temperature: 1, top_p: 0.5, presence_penalty: 0.25, frequency_penalty: -0.25 }
    expect(settingsOf(asked, { maxTokens: 9, seed: 7 })).toEqual({
      temperature: 1,
      topP: 0.5,
      presencePenalty: 0.25,
      frequencyPenalty: -0.25,
      maxTokens: 9,
      seed: 7,
    })
    expect(Object.keys(settingsOf({}, {}))).toEqual([])
  })

  it('have a schema for the form of an answer, if only an empty one', () => {
    const form = { type: 'json_schema', name: 'answer' }
    expect(asAnswerForm({ name: 'answer', strict: true })).toEqual({ ...form, schema: {}, strict: true })
    expect(asAnswerForm({ name: 'answer', schema: { type: 'object' } })).toEqual({
      ...form,
      schema: { type: 'object' },
    })
  })
})

describe('the tools of a request', () => {
  const [sum, weather]: DeclaredTool[] = [{ name: 'sum' }, { name: 'weather' }]
  const refused = (field: string) => expect.objectContaining({ data: { errors: [expect.objectContaining({ field })] } })
  const refusalOf = (...asked: Parameters<typeof toolOptions>) => errorOf(() => toolOptions(...asked))

  it('are declared with the choice among them', () => {
    expect(toolOptions([sum!, weather!], 'required')).toMatchObject({
      tools: [{ name: 'sum' }, { name: 'weather' }],
      toolChoice: 'required',
    })
    expect(toolOptions([sum!], { name: 'sum' })).toMatchObject({ toolChoice: { name: 'sum' } })
    expect(toolOptions([sum!], undefined)).not.toHaveProperty('toolChoice')
  })

  it('have different names', () => expect(refusalOf([sum!, sum!], 'auto')).toEqual(refused('tools')))

  it('have the one that is chosen, and one at least where one is required', () => {
    expect(refusalOf([sum!], { name: 'weather' })).toEqual(refused('tool_choice'))
    expect(refusalOf([], 'required')).toEqual(refused('tool_choice'))
    expect(refusalOf([], { name: 'sum' })).toEqual(refused('tool_choice'))
  })

  it('are none, and then there is no choice', () => {
    for (const choice of ['auto', 'none', undefined] as const) expect(toolOptions([], choice)).toEqual({})
  })
})
