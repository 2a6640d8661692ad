import { z } from 'zod'
import { listOf } from './values.js'

const office = 'application/vnd.openxmlformats-officedocument'
const openDocument = 'application/vnd.oasis.opendocument'

/** Clients have several media types for the same kind of file, and send text/plain for those they do not know. */
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

const expects = `extensions, comma-separated: ${Object.keys(known).join(', ')}, or such as py:text/x-python`

/** A known extension, or an extension with its media type. */
const fileType = z
  .string()
  .transform((text) => text.toLowerCase().replace(/^\./, ''))
  .refine((text) => Object.hasOwn(known, text) || /^[a-z\d]{1,16}:[a-z]+\/[a-z\d.+-]+$/.test(text), expects)
  .transform((text): [string, readonly string[]] => {
    const [extension = '', type] = text.split(':')
    return [extension, type === undefined ? known[extension]! : [type, 'text/plain']]
  })

/** By extension: the media types that a client may declare for such a file. The first one is what the file is. */
export const fileTypes = listOf(fileType)
  .default(Object.entries(known))
  .transform((types): ReadonlyMap<string, readonly string[]> => new Map(types))
