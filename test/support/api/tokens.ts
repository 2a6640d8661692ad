import { createHmac, generateKeyPairSync, sign } from 'node:crypto'

const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
const contentOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>

function signed(header: { alg: string }, content: object, signature: (text: string) => string): string {
  const text = `${encoded({ typ: 'JWT', ...header })}.${encoded(content)}`
  return `${text}.${signature(text)}`
}

const hmac = (hash: string, secret: string) => (text: string) =>
  createHmac(hash, secret).update(text).digest('base64url')

/** Tokens that are almost as good as this one; the secret is that of the service. */
export function forged(good: string, secret: string): Record<string, string> {
  const content = contentOf(good)
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
  const now = Math.floor(Date.now() / 1000)
  const hs256 = (changed: object, by = secret) =>
    signed({ alg: 'HS256' }, { ...content, ...changed }, hmac('sha256', by))
  return {
    'without a signature': good.replace(/[^.]+$/, ''),
    'with half a signature': good.slice(0, -20),
    'with alg none': signed({ alg: 'none' }, content, () => ''),
    'with alg None': signed({ alg: 'None' }, content, () => ''),
    'with another secret': hs256({}, 'another secret'),
    'with no secret': hs256({}, ''),
    'with another algorithm': signed({ alg: 'HS512' }, content, hmac('sha512', secret)),
    'that says another algorithm': signed({ alg: 'HS384' }, content, hmac('sha256', secret)),
    'with a public key': signed({ alg: 'RS256' }, content, (text) =>
      sign('sha256', Buffer.from(text), privateKey).toString('base64url'),
    ),
    'with a public key as the secret': signed({ alg: 'HS256' }, content, hmac('sha256', pem)),
    'that has run out': hs256({ iat: now - 7200, exp: now - 3600 }),
    'that is not yet good': hs256({ nbf: now + 3600 }),
    'of an earlier password': hs256({ generation: 0 }),
    'of nobody': hs256({ sub: undefined }),
    'of somebody who never was': hs256({ sub: crypto.randomUUID() }),
    'of everybody': hs256({ sub: { $ne: null } }),
    'of somebody else, with the old signature': good.replace(
      /\.[^.]+\./,
      `.${encoded({ ...content, sub: crypto.randomUUID() })}.`,
    ),
  }
}
