import { fetchAuthorized } from '../../api/client.js'
import { save } from '../../ui/save.js'

interface Progress {
  position: number
  bytes: number
}

/**
 * Reads lines of an export to their end and hands them to the browser as a file. What was cut off is not saved: a
 * connection that breaks is an error of its own, and a log that is signed ends with its checkpoint.
 */
export async function downloadLines(
  path: string,
  { signal, isSigned }: { signal: AbortSignal; isSigned: boolean },
  report: (progress: Progress) => void,
): Promise<void> {
  const response = await fetchAuthorized(path, { headers: { accept: 'application/x-ndjson' }, signal })
  const parts: Uint8Array<ArrayBuffer>[] = []
  const decoder = new TextDecoder()
  const progress = { position: 0, bytes: 0 }
  let end = ''
  const reader = response.body!.getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    parts.push(read.value)
    const text = end + decoder.decode(read.value, { stream: true })
    progress.position = Math.max(progress.position, lastPositionIn(text))
    progress.bytes += read.value.length
    end = text.slice(-longestEnd)
    report({ ...progress })
  }
  if (isSigned && !/\{"checkpoint":"[^"]*"\}\n$/.test(end))
    throw new Error('The export ended without a checkpoint, so it was cut off. Nothing was saved: export again.')
  save(new Blob(parts, { type: 'application/x-ndjson' }), 'verbatim-log.ndjson')
}

/** Enough for a checkpoint with its signatures, and for a position between two parts. */
const longestEnd = 8_192

function lastPositionIn(text: string): number {
  const [, digits = '0'] = /"position":(\d+),/.exec(text.slice(Math.max(0, text.lastIndexOf('"position":')))) ?? []
  return Number(digits)
}
