import { Injectable } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Db } from 'mongodb'
import { redisName } from '../../event-store/redis.js'
import { Channels } from './channels.js'

/** Ask the worker that writes a reply to stop. A request may get lost with Redis, so senders wait only a while for it. */
@Injectable()
export class StopRequests {
  constructor(
    private readonly channels: Channels,
    private readonly redis: Redis,
    private readonly db: Db,
  ) {}

  /** Calls `stop` at every later request for this reply. */
  listen(replyId: string, stop: () => void): Promise<() => void> {
    return this.channels.listen(this.channelOf(replyId), stop)
  }

  /** True when a worker has received it. */
  async send(replyId: string): Promise<boolean> {
    if (this.redis.status !== 'ready') return false
    return (await this.redis.publish(this.channelOf(replyId), '').catch(() => 0)) > 0
  }

  private channelOf(replyId: string): string {
    return redisName(this.db, 'cancel', replyId)
  }
}
