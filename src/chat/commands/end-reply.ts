import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { endReply, type ReplyEnding } from '../chat.js'
import { Chats } from '../chats.js'
import { ConversationDigests } from '../conversation-digests.js'

/**
 * Every reply ends here: completed, failed or cancelled. It ends once: a second command for the same reply appends
 * nothing. Deleting a chat ends its open reply by the same decision, in its own append.
 */
export class EndReply extends Command<Effect> {
  constructor(
    readonly cause: Cause,
    readonly ending: ReplyEnding,
  ) {
    super()
  }
}

@CommandHandler(EndReply)
export class EndReplyHandler implements ICommandHandler<EndReply> {
  constructor(
    private readonly chats: Chats,
    private readonly digests: ConversationDigests,
  ) {}

  async execute({ cause, ending }: EndReply): Promise<Effect> {
    return await this.chats.execute(ending.data, cause.meta, endReply(await this.withDigest(ending)))
  }

  /** A failed reply has no text that a client could tell. */
  private async withDigest(ending: ReplyEnding): Promise<ReplyEnding> {
    if (ending.type === 'ReplyFailed') return ending
    const { chatId, ownerId, replyId } = ending.data
    const known = this.chats.known(chatId)?.open
    const open = known?.replyId === replyId ? known : (await this.chats.state(chatId)).open
    if (open?.replyId !== replyId || open.digest === undefined) return ending
    const { text: content, ...more } = ending.personal
    const answer = { role: 'assistant', content, ...more } as const
    const digest = await this.digests.digestOf(ownerId, [answer], open.digest)
    return { ...ending, data: { ...ending.data, digest } } as ReplyEnding
  }
}
