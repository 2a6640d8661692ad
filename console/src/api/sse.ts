/** A server-sent event. */
export interface ServerEvent {
  readonly name: string
  /** The id of the last event that had one. */
  readonly id: string
  readonly data: string
}

/** The events of a stream of bytes; what is cut off at its end is none. Comments, which keep a stream alive, are dropped. */
export async function* eventsOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  let id = ''
  for await (const bytes of stream) {
    rest += decoder.decode(bytes, { stream: true })
    const blocks = rest.split(/\r?\n\r?\n/)
    rest = blocks.pop()!
    for (const block of blocks) {
      const event = { name: 'message', data: [] as string[] }
      for (const line of block.split(/\r?\n/)) {
        const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? []
        if (field === 'event') event.name = value
        if (field === 'data') event.data.push(value)
        if (field === 'id') id = value
      }
      if (event.data.length > 0) yield { name: event.name, id, data: event.data.join('\n') }
    }
  }
}

/** A body as an iterable; Safari's streams are none by themselves. */
export async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value
  } finally {
    await reader.cancel().catch(() => {}) // it may have failed already
  }
}
