import type { EnvironmentReader } from './environment.js'
import { key256 } from './values.js'

interface KeyAndPrevious {
  key: Buffer | undefined
  /** The one before it, while it is being replaced. */
  previous: Buffer | undefined
}

/** A key of 32 bytes under its variable, and the one before it under the same with _PREVIOUS. `because` says why there must be one. */
export function keyAndPrevious(from: EnvironmentReader, variable: string, because: string | undefined): KeyAndPrevious {
  const expects = '32 random bytes in base64, base64url or hex (openssl rand -base64 32)'
  const key = from.read(variable, expects, key256, 'secret')
  const previous = from.read(`${variable}_PREVIOUS`, expects, key256, 'secret')
  const why = because ?? (from.isSet(`${variable}_PREVIOUS`) ? `${variable}_PREVIOUS is set` : undefined)
  if (!from.isSet(variable) && why !== undefined) from.refuse(variable, 'nothing', `${expects}, because ${why}`)
  if (key && previous?.equals(key))
    from.refuse(`${variable}_PREVIOUS`, `the same key as ${variable}`, 'the key before it, or nothing')
  return { key, previous }
}
