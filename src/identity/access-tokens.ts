import { createSecretKey, randomUUID } from 'node:crypto'
import { Inject, Injectable } from '@nestjs/common'
import { JwtService } from '@nestjs/jwt'
import { LRUCache } from 'lru-cache'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { Engine } from '../event-store/engine.js'
import { ServiceSecrets } from '../commands/secrets.js'

/** What a token says: its account, the login that made it, and the generation of the password at that time. */
export interface TokenContent {
  sub: string
  login: string
  generation: number
  /** Seconds. */
  exp: number
}

const algorithm = 'HS256'

/** Tokens that clients send with each request after a login. */
@Injectable()
export class AccessTokens {
  private readonly secret: Buffer
  private readonly expiresIn: number
  /** Tokens that are ours: whether one still counts is looked up each time, but not who made it. */
  private readonly verified = new LRUCache<string, TokenContent>({ max: 5_000 })

  constructor(
    private readonly jwt: JwtService,
    secrets: ServiceSecrets,
    private readonly engine: Engine,
    @Inject(CONFIG) { edge }: CompleteConfig,
  ) {
    // The library takes any other type for a public key first, which costs a millisecond a token. It accepts a key
    // object, but Nest's types do not say so.
    this.secret = createSecretKey(
      edge.jwtSecret === undefined ? secrets.tokens : Buffer.from(edge.jwtSecret),
    ) as unknown as Buffer
    this.expiresIn = Math.ceil(edge.jwtExpiresInMs / 1000)
  }

  issue(userId: string, generation: number): string {
    return this.jwt.sign(
      { sub: userId, login: randomUUID(), generation, iat: this.seconds() },
      { secret: this.secret, expiresIn: this.expiresIn, algorithm },
    )
  }

  /** Undefined for a token that is not ours or has expired. */
  verify(token: string): TokenContent | undefined {
    const now = this.seconds()
    const known = this.verified.get(token)
    if (known) return known.exp > now ? known : undefined
    try {
      const content = this.jwt.verify<TokenContent>(token, {
        secret: this.secret,
        algorithms: [algorithm],
        clockTimestamp: now,
      })
      if (typeof content.sub !== 'string') return undefined
      this.verified.set(token, content)
      return content
    } catch {
      return undefined
    }
  }

  private seconds(): number {
    return Math.floor(this.engine.clock.now().getTime() / 1000)
  }
}
