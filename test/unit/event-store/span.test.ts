import { SpanStatusCode } from '@opentelemetry/api'
import { EventStoreError } from '../../../src/event-store/errors.js'
import { inSpan, inTraceOf, traceparent } from '../../../src/event-store/span.js'
import { traced } from '../../support/telemetry/finished-spans.js'

const work = (name: string) => inSpan(name, { attributes: { part: 'test' } }, async () => traceparent())

describe('without tracing', () => {
  it('work is only done', async () => {
    expect(await work('some work')).toBeUndefined()
    await expect(inSpan('bad work', {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(inTraceOf(undefined, () => 'done')).toBe('done')
  })
})

describe('with tracing', () => {
  const finished = traced()

  it('work is a span, in the trace of its caller', async () => {
    const caller = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    const own = await inTraceOf(caller, () => work('some work'))
    const [span] = finished()
    expect(span).toMatchObject({
      name: 'some work',
      attributes: { part: 'test' },
      instrumentationScope: { name: 'verbatim' },
    })
    expect(span!.spanContext().traceId).toBe('a'.repeat(32))
    expect(span!.parentSpanContext?.spanId).toBe('b'.repeat(16))
    expect(own).toBe(`00-${'a'.repeat(32)}-${span!.spanContext().spanId}-01`)
    expect(span!.status.code).toBe(SpanStatusCode.UNSET)
  })

  it.each([
    [new EventStoreError('erased', 'of Ann'), 'erased'],
    [new TypeError('of Ann'), 'TypeError'],
    [Object.assign(new RangeError('of Ann'), { code: 7 }), 'RangeError'],
    [Object.create(null), 'unknown'],
  ])('work that fails with %p has the kind of its error, and not its words', async (failure, type) => {
    const failing = async () => {
      throw failure
    }
    await expect(inSpan('bad work', {}, failing)).rejects.toBe(failure)
    const [span] = finished()
    expect(span).toMatchObject({ status: { code: SpanStatusCode.ERROR }, attributes: { 'error.type': type } })
    expect(JSON.stringify([span!.attributes, span!.status, span!.events])).not.toContain('Ann')
  })
})
