import { z } from 'zod'
import { listOf, optionalUnless, timeSpan, trustedProxies, wholeNumber } from './values.js'
import { group, variable } from './variables.js'

const localOrigin = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/

/** What the edge lets in: whose browser, how often, with which tokens. */
export function edge(requiredBecause: string | undefined) {
  const requests = wholeNumber('a number of requests', 1, 1_000_000)
  const connections = (least: number) => wholeNumber('a number of connections', least, 1_000_000)
  const secretExpects = 'at least 16 random characters (openssl rand -base64 32)'
  const secret = z.string().min(requiredBecause === undefined ? 1 : 16, secretExpects)
  const originExpects = 'addresses of pages, comma-separated, such as http://localhost:5173'
  const origin = z
    .string()
    .refine((text) => URL.canParse(text) && /^https?:/.test(text), originExpects)
    .transform((text) => new URL(text).origin)
  return group({
    /** Signs the tokens of accounts. Undefined: the database keeps a key for it, the same for every process. */
    jwtSecret: variable(['JWT_SECRET', 'SECRET_KEY'], optionalUnless(requiredBecause, secret, secretExpects), 'length'),
    jwtExpiresInMs: variable('JWT_EXPIRES_IN', timeSpan.default(7 * 86_400_000)),
    /** The pages that may call the service from a browser. */
    origins: variable('FRONTEND_URL', listOf(origin).default(['http://localhost:3000'])),
    /** In development also every page of this machine, whatever its port. */
    localOrigins: variable(
      'NODE_ENV',
      z
        .string()
        .optional()
        .transform((name) => (name === 'production' ? [] : [localOrigin])),
    ),
    /** Who tells the address of a caller: so many proxies in front of the service, or proxies in these networks. */
    trustedProxies: variable('TRUST_PROXY', trustedProxies.default(0)),
    /** How many connections the process holds at once, in all and from one address (0: any number). */
    maxConnections: variable('MAX_CONNECTIONS', connections(1).default(10_000)),
    maxConnectionsPerAddress: variable('MAX_CONNECTIONS_PER_ADDRESS', connections(0).default(1_000)),
    /** For so long a client may send: its headers, a body, and a whole request with files. */
    headersTimeoutMs: variable('HEADERS_TIMEOUT', timeSpan.default(10_000)),
    bodyTimeoutMs: variable('BODY_TIMEOUT', timeSpan.default(30_000)),
    uploadTimeoutMs: variable('UPLOAD_TIMEOUT', timeSpan.default(600_000)),
    rateWindowMs: variable('RATE_LIMIT_WINDOW_MS', wholeNumber('milliseconds', 1000, 86_400_000).default(900_000)),
    /** Requests in a window from one address without an account. */
    ratePerAddress: variable(['RATE_LIMIT_MAX_REQUESTS', 'RATE_LIMIT_MAX'], requests.default(100)),
    /** Requests in a window from one account. */
    ratePerAccount: variable('USER_RATE_LIMIT_MAX_REQUESTS', requests.default(3000)),
  })
}
