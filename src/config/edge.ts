import type { EnvironmentReader } from './environment.js'
import { listOf, span, wholeNumber, yesOrNo } from './values.js'

/** What the edge lets in: whose browser, how often, with which tokens. */
export interface EdgeConfig {
  /** Signs the tokens of accounts. Undefined: a key of the database's own, the same for every process. */
  readonly jwtSecret: string | undefined
  readonly jwtExpiresInMs: number
  /** The pages that may call us from a browser. */
  readonly origins: readonly string[]
  /** Whether a proxy in front of us tells the address of the caller. */
  readonly trustProxy: boolean
  readonly rateWindowMs: number
  /** Requests in a window from one address without an account, and from one account. */
  readonly ratePerAddress: number
  readonly ratePerAccount: number
}

export function edgeConfig(from: EnvironmentReader, production: boolean): EdgeConfig {
  const requests = 'a number of requests from 1 to 1000000'
  const count = wholeNumber(1, 1_000_000)
  return {
    jwtSecret: jwtSecret(from, production),
    jwtExpiresInMs: from.read('JWT_EXPIRES_IN', 'a span of time such as 7d, 12h, 30m or 3600s', span) ?? 7 * 86_400_000,
    origins: from.read(
      'FRONTEND_URL',
      'addresses of pages, comma-separated, such as http://localhost:5173',
      origins,
    ) ?? ['http://localhost:3000'],
    trustProxy: from.read('TRUST_PROXY', 'true or false', yesOrNo) ?? false,
    rateWindowMs:
      from.read('RATE_LIMIT_WINDOW_MS', 'milliseconds from 1000 to 86400000', wholeNumber(1000, 86_400_000)) ?? 900_000,
    ratePerAddress:
      from.read('RATE_LIMIT_MAX_REQUESTS', requests, count) ?? from.read('RATE_LIMIT_MAX', requests, count) ?? 100,
    ratePerAccount: from.read('USER_RATE_LIMIT_MAX_REQUESTS', requests, count) ?? 3000,
  }
}

/** A short one is fine for trying things out; whoever guesses it in production is everybody. */
function jwtSecret(from: EnvironmentReader, production: boolean): string | undefined {
  const expects = 'at least 16 random characters (openssl rand -base64 32)'
  const longEnough = (text: string) => (production && text.length < 16 ? undefined : text)
  const secret =
    from.read('JWT_SECRET', expects, longEnough, 'secret') ?? from.read('SECRET_KEY', expects, longEnough, 'secret')
  if (production && !from.isSet('JWT_SECRET') && !from.isSet('SECRET_KEY')) {
    from.refuse('JWT_SECRET', 'nothing', `${expects}, because NODE_ENV=production`)
  }
  return secret
}

const origins = listOf((text) => (URL.canParse(text) && /^https?:/.test(text) ? new URL(text).origin : undefined))
