import { Inject, Injectable } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { Refused } from '../event-store/errors.js'
import { atEndOf } from './end-of-answer.js'
import { OpenCounts } from './open-counts.js'

type Kind = 'sockets' | 'streams'

/** How many sockets and streams each account or guest may hold open in this process. */
@Injectable()
export class OpenCaps {
  private readonly open = { sockets: new OpenCounts(), streams: new OpenCounts() }

  constructor(@Inject(CONFIG) private readonly config: Pick<CompleteConfig, 'caps'>) {}

  /** To be called before the command of the same request: what is refused has not happened. */
  countStream(ownerId: string, reply: FastifyReply): void {
    if (!reply.raw.closed) atEndOf(reply, this.count('streams', ownerId)) // nobody would tell of its end
  }

  /** The result must be called once, when the socket has closed. */
  countSocket(ownerId: string): () => void {
    return this.count('sockets', ownerId)
  }

  private count(kind: Kind, ownerId: string): () => void {
    const most = this.config.caps[kind]
    const end = this.open[kind].open(ownerId, most)
    if (end) return end
    const detail = `you have ${most} ${kind} open already, and may not open more; close one of them first`
    throw new Refused('too_many_open', detail, { retryAfterMs: 1000 })
  }
}
