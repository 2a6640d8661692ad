import type { EnvironmentReader } from './environment.js'
import { listOf, wholeNumber } from './values.js'

/** Which files projects take. */
export interface FilesConfig {
  readonly maxBytes: number
  /** By extension: the media types a file with it may be declared as; the first is what it is. */
  readonly types: ReadonlyMap<string, readonly string[]>
}

const office = 'application/vnd.openxmlformats-officedocument'
const openDocument = 'application/vnd.oasis.opendocument'

/** Clients call the same thing by many names, and what they don't know text. */
const known: Readonly<Record<string, readonly string[]>> = {
  txt: ['text/plain'],
  md: ['text/markdown', 'text/x-markdown', 'text/plain'],
  csv: ['text/csv', 'application/csv', 'application/vnd.ms-excel', 'text/plain'],
  tsv: ['text/tab-separated-values', 'text/plain'],
  json: ['application/json', 'text/json', 'text/plain'],
  jsonl: ['application/jsonl', 'application/x-ndjson', 'application/json', 'text/plain'],
  xml: ['application/xml', 'text/xml', 'text/plain'],
  pdf: ['application/pdf', 'application/x-pdf'],
  rtf: ['application/rtf', 'text/rtf'],
  doc: ['application/msword'],
  docx: [`${office}.wordprocessingml.document`],
  xls: ['application/vnd.ms-excel'],
  xlsx: [`${office}.spreadsheetml.sheet`],
  ppt: ['application/vnd.ms-powerpoint'],
  pptx: [`${office}.presentationml.presentation`],
  odt: [`${openDocument}.text`],
  ods: [`${openDocument}.spreadsheet`],
  odp: [`${openDocument}.presentation`],
  png: ['image/png'],
  jpg: ['image/jpeg', 'image/jpg'],
  jpeg: ['image/jpeg', 'image/jpg'],
  gif: ['image/gif'],
  webp: ['image/webp'],
}

export function filesConfig(from: EnvironmentReader): FilesConfig {
  const types = from.read(
    'FILE_TYPES',
    `extensions, comma-separated: ${Object.keys(known).join(', ')}, or such as py:text/x-python`,
    listOf(fileType),
  )
  return {
    maxBytes:
      from.read('FILE_MAX_BYTES', 'bytes from 1024 to 1073741824', wholeNumber(1024, 1_073_741_824)) ??
      20 * 1024 * 1024,
    types: new Map(types ?? Object.entries(known)),
  }
}

/** One that we know, or one that comes with its media type. */
function fileType(text: string): [string, readonly string[]] | undefined {
  const [extension = '', type] = text.toLowerCase().replace(/^\./, '').split(':')
  if (type !== undefined)
    return /^[a-z\d]{1,16}$/.test(extension) && /^[a-z]+\/[a-z\d.+-]+$/.test(type)
      ? [extension, [type, 'text/plain']]
      : undefined
  return Object.hasOwn(known, extension) ? [extension, known[extension]!] : undefined
}
