import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

interface Value {
  stringValue?: string
  intValue?: number | string
  doubleValue?: number
  boolValue?: boolean
  arrayValue?: { values: Value[] }
}

interface Attribute {
  key: string
  value: Value
}

interface SentSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  attributes: Attribute[]
  events?: { name: string }[]
  status?: { code?: number; message?: string }
}

interface Sent {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: SentSpan[] }[] }[]
}

export interface Span extends Omit<SentSpan, 'attributes' | 'events'> {
  attributes: Record<string, unknown>
  events: string[]
  /** Of the process that sent it. */
  resource: Record<string, unknown>
}

/** The far end of the wire: an OpenTelemetry collector that keeps what it is sent, in OTLP over HTTP as JSON. */
export class Collector {
  readonly spans: Span[] = []
  /** Everything it was sent, as it came. */
  text = ''
  private readonly server: Server

  private constructor() {
    this.server = createServer((request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => {
        const bytes = Buffer.concat(parts)
        const isTraces = request.method === 'POST' && request.url === '/v1/traces'
        if (isTraces) this.take((request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString())
        response.writeHead(isTraces ? 200 : 404, { 'content-type': 'application/json' }).end('{}')
      })
    })
  }

  static async start(): Promise<Collector> {
    const collector = new Collector()
    await new Promise<void>((resolve) => collector.server.listen(0, '127.0.0.1', resolve))
    return collector
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Of one trace, the one span that it has under this name. */
  named(traceId: string, name: string): Span | undefined {
    const found = this.spans.filter((span) => span.traceId === traceId && span.name === name)
    if (found.length > 1) throw new Error(`trace ${traceId} has ${found.length} spans ${name}`)
    return found[0]
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private take(text: string): void {
    this.text += text
    for (const { resource, scopeSpans } of (JSON.parse(text) as Sent).resourceSpans) {
      for (const { attributes, events = [], ...span } of scopeSpans.flatMap(({ spans }) => spans)) {
        this.spans.push({
          ...span,
          attributes: plain(attributes),
          events: events.map(({ name }) => name),
          resource: plain(resource.attributes),
        })
      }
    }
  }
}

const plain = (attributes: Attribute[]) => Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]))

function valueOf({ stringValue, intValue, doubleValue, boolValue, arrayValue }: Value): unknown {
  if (arrayValue) return arrayValue.values.map(valueOf)
  return stringValue ?? (intValue === undefined ? undefined : Number(intValue)) ?? doubleValue ?? boolValue
}
