import { context, propagation, trace } from '@opentelemetry/api'
import { NodeTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-node'

let finished: ReadableSpan[] | undefined
const done = () => Promise.resolve()
const collect = { onStart: () => {}, onEnd: (span: ReadableSpan) => void finished?.push(span) }
/** One for all tests of a process, and never shut down: tracers keep the first provider that they find. */
const provider = new NodeTracerProvider({ spanProcessors: [{ ...collect, forceFlush: done, shutdown: done }] })

/** Traces the tests of a suite. Answers the spans that have ended in the present one. */
export function traced(): () => readonly ReadableSpan[] {
  beforeEach(() => {
    finished = []
    provider.register()
  })
  afterEach(() => {
    finished = undefined
    for (const api of [trace, context, propagation]) api.disable()
  })
  return () => finished ?? []
}
