import { createSecretKey, randomUUID } from 'node:crypto'
import { Inject, Injectable } from '@nestjs/common'
import { JwtService } from '@nestjs/jwt'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { ServiceSecrets } from '../commands/secrets.js'

/** What a token says: whose it is, which login made it, and with which generation of the password. */
export interface TokenContent {
  sub: string
  login: string
  generation: number
  /** Seconds. */
  exp: number
}

const algorithm = 'HS256'

@Injectable()
export class Tokens {
  private readonly secret: Buffer
  private readonly expiresIn: number

  constructor(
    private readonly jwt: JwtService,
    secrets: ServiceSecrets,
    @Inject(CONFIG) { edge }: CompleteConfig,
  ) {
    // As a key object: anything else is tried as a public key at each token first, which takes a millisecond. Nest's
    // types don't know that one may pass it.
    this.secret = createSecretKey(
      edge.jwtSecret === undefined ? secrets.tokens : Buffer.from(edge.jwtSecret),
    ) as unknown as Buffer
    this.expiresIn = Math.ceil(edge.jwtExpiresInMs / 1000)
  }

  issue(userId: string, generation: number): string {
    return this.jwt.sign(
      { sub: userId, login: randomUUID(), generation },
      { secret: this.secret, expiresIn: this.expiresIn, algorithm },
    )
  }

  /** Undefined for a token that is not ours, or has run out. */
  read(token: string): TokenContent | undefined {
    try {
      const content = this.jwt.verify<TokenContent>(token, { secret: this.secret, algorithms: [algorithm] })
      return typeof content.sub === 'string' ? content : undefined
    } catch {
      return undefined
    }
  }
}
