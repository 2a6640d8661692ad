import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { applyDecorators, Injectable, SetMetadata } from '@nestjs/common'
import { ApiOperation } from '@nestjs/swagger'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import type { Credentials } from '../commands/caller.js'
import { Refused } from '../event-store/errors.js'
import { redisName, RedisScript } from '../event-store/redis.js'
import { IgnoresIdempotencyKey } from './cause.guard.js'
import { NeedsScope } from './scopes.js'

export const TAKES_TICKET = 'takes a ticket for the stream in this parameter'

/** For the handler of a stream: a ticket in the query may be its credentials. `parameter` names the stream in the path. */
export const TakesTicket = (parameter: string) => SetMetadata(TAKES_TICKET, parameter)

/** For the handler that gives tickets out. Each request gets another one, also a repeated request. */
export const IssuesTicket = () =>
  applyDecorators(
    NeedsScope('read'),
    IgnoresIdempotencyKey(),
    ApiOperation({
      summary: 'A ticket for one stream of this answer, for an EventSource, which sends no headers',
      description:
        'Use it once, within its time, as `ticket` in the address of the stream. Do not send a token in an address.',
    }),
  )

export interface IssuedTicket {
  ticket: string
  /** The address of the stream, with the ticket. */
  url: string
  expiresInSeconds: number
}

const ticketSeconds = 30
/** What every ticket looks like: 24 random bytes. */
export const ticketForm = /^[\w-]{32}$/

/**
 * A browser's EventSource sends no headers, and a token in an address would be kept in histories and logs. A ticket is
 * good for one stream, once, for half a minute. Redis has its hash, and the credentials of those who took it, sealed with
 * the ticket: who reads Redis has neither. Emptied, it costs the tickets that nobody has used yet.
 */
@Injectable()
export class StreamTickets {
  constructor(
    private readonly redis: Redis,
    private readonly db: Db,
  ) {}

  /** `address` is that of the stream, and `stream` what its path names it by. */
  async issue(address: string, stream: string, credentials: Credentials): Promise<IssuedTicket> {
    const ticket = randomBytes(24).toString('base64url')
    await answered(this.redis.set(this.nameOf(ticket, stream), seal(ticket, credentials), 'EX', ticketSeconds))
    return { ticket, url: `${address}?ticket=${ticket}`, expiresInSeconds: ticketSeconds }
  }

  /** Of two that use a ticket, one gets the credentials. Undefined for a ticket that is not, or no longer, for this stream. */
  async take(stream: string, ticket: string): Promise<Credentials | undefined> {
    const sealed = await answered(takeScript.run(this.redis, [this.nameOf(ticket, stream)]))
    return typeof sealed === 'string' ? open(ticket, sealed) : undefined
  }

  private nameOf(ticket: string, stream: string): string {
    return redisName(this.db, 'ticket', derived(ticket, `for ${stream}`).toString('base64url'))
  }
}

const takeScript = new RedisScript(`
local sealed = redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1])
return sealed`)

async function answered<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch {
    throw new Refused('unavailable', 'Redis, which keeps tickets, does not answer; get a ticket in a moment')
  }
}

const derived = (ticket: string, purpose: string): Buffer => createHmac('sha256', ticket).update(purpose).digest()

const algorithm = 'aes-256-gcm'
/** Each ticket has a key of its own, which seals once. */
const nonce = Buffer.alloc(12)

function seal(ticket: string, credentials: Credentials): string {
  const cipher = createCipheriv(algorithm, derived(ticket, 'seal'), nonce)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(credentials)), cipher.final()])
  return Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64url')
}

function open(ticket: string, text: string): Credentials {
  const sealed = Buffer.from(text, 'base64url')
  const decipher = createDecipheriv(algorithm, derived(ticket, 'seal'), nonce)
  decipher.setAuthTag(sealed.subarray(-16))
  return JSON.parse(
    `${decipher.update(sealed.subarray(0, -16)).toString()}${decipher.final().toString()}`,
  ) as Credentials
}
