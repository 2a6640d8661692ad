/** One JSON object a line, however the bytes are cut. The last line needs no end. Throws SyntaxError for anything else. */
export async function* ndjson<T extends object>(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<T, void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const part of bytes) {
    const lines = (rest + decoder.decode(part, { stream: true })).split('\n')
    rest = lines.pop()!
    for (const line of lines) if (line.trim()) yield objectIn(line) as T
  }
  rest += decoder.decode()
  if (rest.trim()) yield objectIn(rest) as T
}

function objectIn(line: string): object {
  const value: unknown = JSON.parse(line)
  if (typeof value !== 'object' || value === null) throw new SyntaxError('not an object')
  return value
}
