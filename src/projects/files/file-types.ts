import { Refused } from '../../event-store/errors.js'

/** What a client says of a file that it knows nothing of. */
const unspecific = new Set(['', 'application/octet-stream', 'binary/octet-stream'])

/**
 * The media type of a file that may be stored. Its extension decides, for that is what people and programs open it by;
 * what the sender declares must fit.
 */
export function typeOf(filename: string, declared: string, types: ReadonlyMap<string, readonly string[]>): string {
  const extension = /\.([^.]+)$/.exec(filename)?.[1]?.toLowerCase()
  const allowed = extension === undefined ? undefined : types.get(extension)
  if (!allowed) throw refused(`files must end in one of ${[...types.keys()].map((name) => `.${name}`).join(', ')}`)
  if (!unspecific.has(declared) && !allowed.includes(declared))
    throw refused(`a file that ends in .${extension} is no ${declared}`)
  return allowed[0]!
}

/** What is shown and stored as a name: no path, nothing that a terminal or a header would obey. */
export function isFilename(text: string): boolean {
  return text.length <= 255 && text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}/\\]/u.test(text)
}

const refused = (message: string) => new Refused('unsupported_media_type', message)
