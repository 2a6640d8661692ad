import { eventsOf, type ServerEvent } from '../../../console/src/api/sse.js'

async function read(...parts: (string | Uint8Array)[]): Promise<ServerEvent[]> {
  async function* stream() {
    for (const part of parts) yield typeof part === 'string' ? Buffer.from(part) : part
  }
  const events: ServerEvent[] = []
  for await (const event of eventsOf(stream())) events.push(event)
  return events
}

describe('server-sent events', () => {
  it('arrive whole, wherever the bytes are cut', async () => {
    const bytes = Buffer.from(': hello\n\nevent: delta\nid: r:a:0\ndata: {"text":"ä🙂"}\n\nevent: reset\ndata: {}\n\n')
    const whole = await read(bytes)
    expect(whole).toEqual([
      { name: 'delta', id: 'r:a:0', data: '{"text":"ä🙂"}' },
      { name: 'reset', id: 'r:a:0', data: '{}' },
    ])
    for (let i = 1; i < bytes.length; i++) expect(await read(bytes.subarray(0, i), bytes.subarray(i))).toEqual(whole)
  })

  it('keep lines apart, and need their end', async () => {
    expect(await read('data: one\r\ndata:two\r\n\r\ndata: cut')).toEqual([
      { name: 'message', id: '', data: 'one\ntwo' },
    ])
  })
})
