import { optionalUnless, pattern } from './values.js'
import { type Environment, group, isSet, variable } from './variables.js'

const keyExpects = '32 random bytes in base64, base64url or hex (openssl rand -base64 32)'
const key = pattern(/^([0-9a-f]{64}|[\w+/-]{43}=?)$/i, keyExpects).transform((text): Buffer =>
  Buffer.from(text, text.length === 64 ? 'hex' : 'base64'),
)

/** A key, and the key before it while it is being replaced. */
export function keyPair(environment: Environment, name: string, requiredBecause: string | undefined) {
  const previous = `${name}_PREVIOUS`
  const reason = requiredBecause ?? (isSet(environment, previous) ? `${previous} is set` : undefined)
  return group({
    key: variable(name, optionalUnless(reason, key, keyExpects), 'length'),
    previous: variable(previous, key.optional(), 'length'),
  }).refine(
    (keys) => !keys.key || !keys.previous?.equals(keys.key),
    `${previous}: got the same key as ${name}, expects the key before it, or nothing`,
  )
}

/** Who signs the log. */
export function notary(environment: Environment, requiredBecause: string | undefined) {
  const reason = requiredBecause && `${requiredBecause} and this process has the role projector`
  const expects = 'a name such as chat.example.com/log: up to 200 characters without spaces and plus signs'
  return group({
    /** The name of the log in its checkpoints. Undefined: the database keeps a name. */
    origin: variable('NOTARY_ORIGIN', pattern(/^[\w.:/@~-]{1,200}$/, expects).optional()),
    /** Private Ed25519 keys. The previous one signs as well, until every verifier has the new one. */
    keys: keyPair(environment, 'NOTARY_KEY', reason),
  }).transform(({ origin, keys }) => ({ origin, ...keys }))
}
