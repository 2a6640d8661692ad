import { longestText } from './longest-text.js'
import { sheetsText, slidesText, wordText } from './office-text.js'
import { pdfText } from './pdf-text.js'
import { UnreadableFile } from './unreadable-file.js'

const office = 'application/vnd.openxmlformats-officedocument'

const extractors: Readonly<Record<string, (file: Buffer) => string | Promise<string>>> = {
  'application/pdf': pdfText,
  [`${office}.wordprocessingml.document`]: wordText,
  [`${office}.spreadsheetml.sheet`]: sheetsText,
  [`${office}.presentationml.presentation`]: slidesText,
  'application/json': plainText,
  'application/jsonl': plainText,
  'application/xml': plainText,
}

/** Whether files of this media type have a text that is read here. */
export const hasText = (type: string): boolean => type.startsWith('text/') || Object.hasOwn(extractors, type)

/** Throws `UnreadableFile`, or whatever a damaged file makes a parser throw. */
export async function extractText(type: string, file: Buffer): Promise<string> {
  const text = await (extractors[type] ?? plainText)(file)
  // A form feed or a null says nothing to a model, and half a surrogate pair cannot be sent.
  return text
    .slice(0, longestText)
    .toWellFormed()
    .replaceAll(/[^\P{Cc}\t\n]/gu, '')
}

function plainText(file: Buffer): string {
  const encoding = file[0] === 0xff && file[1] === 0xfe ? 'utf-16le' : 'utf-8'
  const bytes = file.subarray(0, longestText * 4)
  if (encoding === 'utf-8' && bytes.includes(0)) throw new UnreadableFile('is no text')
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true })
  } catch {
    return new TextDecoder('windows-1252').decode(bytes) // what old programs write
  }
}
