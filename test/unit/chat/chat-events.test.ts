import { type ChatEvent, chatEvents } from '../../../src/chat/chat.js'
import { Catalog } from '../../../src/event-store/catalog.js'
import { EventStoreError } from '../../../src/event-store/errors.js'
import * as its from '../../support/chat/chat-events.js'

const catalog = new Catalog(chatEvents)

/** Every field that a stored message may have. */
const counts = { tokens: 7, promptTokens: 3, completionTokens: 4, latency: 1.5 }
const content = {
  content: '42',
  name: 'sum',
  functionCall: { name: 'add' },
  toolCalls: [{ id: 'call-1' }],
  toolCallId: 'call-1',
  metadata: { from: 'web' },
  images: [{ url: 'https://example.org/cat.png' }],
}
/** What a message follows. */
const after = { place: 4, messageId: 'm1' }
const placed = ['after', 'messageId']
const settings = { temperature: 0.5, maxTokens: 9 }

/** An event of each type with all of its fields, and those that may be missing. */
const whole: [ChatEvent, optional?: string[]][] = [
  [its.of(its.started, { hasOwnName: true, unstored: true }), ['hasOwnName', 'unstored']],
  [its.renamed],
  [its.tagged],
  [its.annotated],
  [its.deleted],
  [its.erased],
  [
    {
      ...its.of(its.sent, { settings, projectId: 'p1', after }),
      personal: { ...its.sent.personal, options: {}, images: [{ url: 'https://example.org/cat.png', detail: 'low' }] },
    },
    ['projectId', 'temperature', 'maxTokens', ...placed, 'options', 'images'],
  ],
  [its.of(its.completed, { cached: true }), ['cached']],
  [its.failed],
  [its.cancelled, ['attempt']],
  [its.of(its.requested, { needApproval: ['call1'] }), ['needApproval']],
  [its.received],
  [its.approved],
  [its.of(its.denied, { digest: 'told' }), ['digest']],
  [its.abandoned],
  [
    { ...its.begun, data: { ...its.begun.data, settings, projectId: 'p1', after }, personal: { options: {} } },
    ['projectId', 'temperature', 'maxTokens', ...placed, 'options'],
  ],
  [
    { ...its.stored, data: { ...its.stored.data, ...counts, after: { place: 4 } }, personal: content },
    ['after', ...Object.keys(counts), ...Object.keys(content).slice(1)],
  ],
  [
    { ...its.edited, data: { ...its.edited.data, ...counts, role: 'tool' }, personal: content } as ChatEvent,
    [...Object.keys(counts), ...Object.keys(content).slice(1)],
  ],
  [its.messageDeleted],
  [its.liked],
  [its.commented],
  [its.withdrawn],
  [its.chosen],
]

type Fields = Record<string, unknown>
const nested = new Set(['data', 'personal', 'settings', 'tokens', 'after', 'tip'])
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

/** The event with one of its fields changed, or without it; once for each field, also of its settings and tokens. */
function changed(part: Fields, change: (fields: Fields, field: string) => void): { field: string; event: Fields }[] {
  return Object.entries(part).flatMap(([field, value]) => {
    const one = structuredClone(part)
    change(one, field)
    const inner = nested.has(field) && isFields(value) ? changed(value, change) : []
    return [
      ...(field === 'type' ? [] : [{ field, event: one }]),
      ...inner.map((less) => ({ field: less.field, event: { ...part, [field]: less.event } })),
    ]
  })
}
const check = (event: unknown) => () => catalog.check(event as ChatEvent)
function isAccepted(event: Fields): boolean {
  try {
    check(event)()
    return true
  } catch (error) {
    if (!(error instanceof EventStoreError) || error.code !== 'not_encodable') throw error
    return false
  }
}
const refused = expect.objectContaining({ code: 'not_encodable' })

describe('every type of event', () => {
  it('is listed here', () => {
    expect(new Set(whole.map(([{ type }]) => type))).toEqual(new Set(Object.keys(chatEvents)))
  })
})

describe.each(whole)('$type', (event, optional = []) => {
  it('is what it declares', () => {
    const { data, ...rest } = event
    expect(catalog.check(event)).toEqual({
      shape: 1,
      data,
      ...('personal' in rest && { personal: rest.personal }),
    })
  })

  /** The fields without which, or with which change, the event is refused. */
  const refusedFor = (change: (fields: Fields, field: string) => void) =>
    changed({ ...event }, change)
      .filter(({ event: other }) => !isAccepted(other))
      .map(({ field }) => field)
  const fields = changed({ ...event }, () => {}).map(({ field }) => field)

  it('needs all of its fields, but for those that may be missing', () => {
    expect(refusedFor((part, field) => delete part[field])).toEqual(fields.filter((field) => !optional.includes(field)))
  })

  it('has fields of the right kinds', () => {
    const isText = /Id$|Digest$|^(digest|attempt|model|code|text|title|detail|comment|content|name)$/
    expect(refusedFor((part, field) => (part[field] = ['no such', 0.5]))).toEqual(fields)
    expect(refusedFor((part, field) => (part[field] = 'no such'))).toEqual(
      fields.filter((field) => !isText.test(field)),
    )
  })

  it('has no other fields', () => {
    expect(check({ ...event, data: { ...event.data, more: 1 } })).toThrow(refused)
    const personal = 'personal' in event ? event.personal : {}
    expect(check({ ...event, personal: { ...personal, more: 1 } })).toThrow(refused)
  })
})

describe('what may be chosen', () => {
  it.each([
    [its.completed, 'finish', ['stop', 'length', 'filtered']],
    [its.stored, 'role', ['user', 'assistant', 'system', 'function', 'tool']],
    [its.liked, 'type', ['positive', 'negative']],
    [its.liked, 'previous', ['positive', 'negative', null]],
    [its.withdrawn, 'previous', ['positive', 'negative']],
  ] as const)('of $type', (event, field, choices) => {
    for (const choice of choices) expect(check({ ...event, data: { ...event.data, [field]: choice } })).not.toThrow()
    expect(check({ ...event, data: { ...event.data, [field]: '' } })).toThrow(refused)
  })

  it('as those who count tokens', () => {
    const counted = (by: string) => ({
      ...its.completed,
      data: { ...its.completed.data, tokens: { ...its.tokens, by } },
    })
    for (const by of ['provider', 'tokenizer']) expect(check(counted(by))).not.toThrow()
    expect(check(counted(''))).toThrow(refused)
  })

  it('as the form of an answer', () => {
    const asked = (responseFormat: object) =>
      ({ ...its.sent, personal: { ...its.sent.personal, options: { responseFormat } } }) as ChatEvent
    const schema = { name: 'answer', description: 'A fact', schema: { type: 'object' }, strict: true }
    for (const form of [{ type: 'text' }, { type: 'json_object' }, { type: 'json_schema', ...schema }])
      expect(check(asked(form))).not.toThrow()
    for (const form of [{ type: '' }, { type: '', ...schema }, { type: 'json_schema' }, { type: 'text', ...schema }])
      expect(check(asked(form))).toThrow(refused)
  })

  it('as the detail of an image', () => {
    const shown = (detail: string) => ({
      ...its.sent,
      personal: { ...its.sent.personal, images: [{ url: 'https://example.org/cat.png', detail }] },
    })
    for (const detail of ['auto', 'low', 'high']) expect(check(shown(detail) as ChatEvent)).not.toThrow()
    expect(check(shown(''))).toThrow(refused)
  })

  it('as a number of tokens: a whole one', () => {
    for (const field of ['tokens', 'promptTokens', 'completionTokens'])
      expect(check({ ...its.stored, data: { ...its.stored.data, [field]: 1.5 } })).toThrow(refused)
    for (const field of ['prompt', 'completion', 'total']) {
      const tokens = { ...its.tokens, [field]: 1.5 }
      expect(check({ ...its.completed, data: { ...its.completed.data, tokens } })).toThrow(refused)
    }
  })
})
