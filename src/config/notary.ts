import type { EnvironmentReader } from './environment.js'
import { keyAndPrevious } from './keys.js'

/** Who vouches for the log. */
export interface NotaryConfig {
  /** The name of the log in its checkpoints. Undefined: one that its database keeps. */
  readonly origin: string | undefined
  /** The private Ed25519 key. Undefined in a process that doesn’t sign. */
  readonly key: Buffer | undefined
  /** The key before it: signs as well, until every verifier has the new one. */
  readonly previous: Buffer | undefined
}

export function notaryConfig(
  from: EnvironmentReader,
  { production, signs }: { production: boolean; signs: boolean },
): NotaryConfig {
  const because = production && signs ? 'NODE_ENV=production and this process has the role projector' : undefined
  const origin = from.read(
    'NOTARY_ORIGIN',
    'a name such as chat.example.com/log: up to 200 characters without spaces and plus signs',
    originName,
  )
  return { origin, ...keyAndPrevious(from, 'NOTARY_KEY', because) }
}

const originName = (text: string): string | undefined =>
  text.length <= 200 && /^[\w.:/@~-]+$/.test(text) ? text : undefined
