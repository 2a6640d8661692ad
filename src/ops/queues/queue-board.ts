import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { createBullBoard } from '@bull-board/api'
import { FastifyAdapter } from '@bull-board/fastify'
import { InjectQueue } from '@nestjs/bullmq'
import { Injectable, type OnModuleInit } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { Queue } from 'bullmq'
import type { FastifyInstance } from 'fastify'
import { replyQueue } from '../../chat/replies/worker/reply-queue.js'
import { retentionQueue } from '../retention/retention-jobs.js'
import { BoardAccess } from './board-access.js'

const prefix = '/ops/queues'

/** Allows the board's page nothing from other hosts. Without it the page would load fonts from one. */
const contentSecurityPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"

/** Bull Board. It is not a controller, so none of our guards protects it: `BoardAccess` checks every request. */
@Injectable()
export class QueueBoard implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly access: BoardAccess,
    @InjectQueue(replyQueue) private readonly replies: Queue,
    @InjectQueue(retentionQueue) private readonly retention: Queue,
  ) {}

  /**
   * The command line has no HTTP server. `register` is not awaited: that would start Fastify before it has our error
   * handler.
   */
  onModuleInit(): void {
    const fastify = this.host.httpAdapter?.getInstance<FastifyInstance | undefined>()
    if (!fastify) return
    const board = new FastifyAdapter()
    const queues = [this.replies, this.retention].map((queue) => new BullMQAdapter(queue))
    createBullBoard({ queues, serverAdapter: board, options: { uiConfig: { boardTitle: 'Verbatim' } } })
    board.setBasePath(prefix)
    void fastify.register(
      async (scope: FastifyInstance) => {
        scope.addHook('onRequest', this.access.check)
        scope.addHook('onRequest', async (_, reply) => {
          void reply.header('content-security-policy', contentSecurityPolicy)
        })
        await scope.register(board.registerPlugin())
      },
      { prefix },
    )
  }
}
