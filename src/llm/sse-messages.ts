/**
 * The data of server-sent events, as many at a time as have arrived together. An event that is cut off is dropped, but
 * for a final [DONE], after which some servers leave out the line break.
 */
export async function* sseMessages(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string[], void, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  let data: string[] = []
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop()!
    const messages: string[] = []
    for (const line of lines) {
      if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
      else if (line === '' && data.length > 0) {
        messages.push(data.join('\n'))
        data = []
      }
    }
    if (messages.length > 0) yield messages
  }
  const last = [...data, rest.replace(/^data: ?/, '')].join('').trim()
  if (last === doneMessage) yield [doneMessage]
}

export const doneMessage = '[DONE]'
