import { Refused } from '../../event-store/errors.js'

/** Types that clients declare for a file whose type they do not know. */
const unknownTypes = new Set(['', 'application/octet-stream', 'binary/octet-stream'])

/**
 * The media type of a file, or a refusal. The extension decides, because people and programs choose by it how to open a
 * file. The type that the sender declares must fit.
 */
export function mediaTypeOf(filename: string, declared: string, types: ReadonlyMap<string, readonly string[]>): string {
  const extension = /\.([^.]+)$/.exec(filename)?.[1]?.toLowerCase()
  const allowed = extension === undefined ? undefined : types.get(extension)
  if (!allowed) throw refused(`files must end in one of ${[...types.keys()].map((name) => `.${name}`).join(', ')}`)
  if (!unknownTypes.has(declared) && !allowed.includes(declared))
    throw refused(`a file that ends in .${extension} is not of the type ${declared}`)
  return allowed[0]!
}

/** Whether this is a name, and no path, without anything that could control a terminal or end a header. */
export function isFilename(text: string): boolean {
  return text.length <= 255 && text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}/\\]/u.test(text)
}

const refused = (message: string) => new Refused('unsupported_media_type', message)
