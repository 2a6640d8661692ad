import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { createBullBoard } from '@bull-board/api'
import { FastifyAdapter } from '@bull-board/fastify'
import { InjectQueue } from '@nestjs/bullmq'
import { Injectable, type OnModuleInit } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { Queue } from 'bullmq'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { replyQueue } from '../../chat/replies/worker/reply-queue.js'
import { retentionQueue } from '../retention/retention-jobs.js'
import { BoardAccess } from './board-access.js'

const prefix = '/ops/queues'

/** Allows the board's page nothing from other hosts. */
const contentSecurityPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"

const aboutReplies =
  'Prompts whose answer another process is to write, or is to try again. A job leaves when its reply has ended; a process answers its own prompts without a job.'
const aboutRetention = 'Runs once an hour; the last runs stay here with what they did.'

/** The page names a font of another host. The policy forbids to load it; without the links, browsers do not complain. */
const withoutForeignLinks = (page: string) => page.replaceAll(/<link\b[^>]*\bhref="https?:[^>]*>\s*/g, '')

const isPage = (reply: FastifyReply) => String(reply.getHeader('content-type')).startsWith('text/html')

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
    const queues = [
      new BullMQAdapter(this.replies, { description: aboutReplies }),
      new BullMQAdapter(this.retention, { description: aboutRetention }),
    ]
    createBullBoard({ queues, serverAdapter: board, options: { uiConfig: { boardTitle: 'Verbatim' } } })
    board.setBasePath(prefix)
    void fastify.register(
      async (scope: FastifyInstance) => {
        scope.addHook('onRequest', this.access.check)
        scope.addHook('onRequest', async (_, reply) => {
          void reply.header('content-security-policy', contentSecurityPolicy)
        })
        scope.addHook('onSend', async (_, reply, payload) =>
          typeof payload === 'string' && isPage(reply) ? withoutForeignLinks(payload) : payload,
        )
        await scope.register(board.registerPlugin())
      },
      { prefix },
    )
  }
}
