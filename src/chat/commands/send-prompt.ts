import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Effect } from '../../commands/bus.js'
import type { Cause } from '../../commands/cause.js'
import { derivedId } from '../../commands/derived-ids.js'
import { ServiceSecrets } from '../../commands/secrets.js'
import { Providers } from '../../llm/providers.js'
import { sendPrompt } from '../chat.js'
import type { ModelSettings } from '../message.js'
import { Chats } from '../chats.js'

export interface PromptSent extends Effect {
  readonly chatId: string
  readonly promptId: string
  readonly replyId: string
}

export class SendPrompt extends Command<PromptSent> {
  constructor(
    readonly cause: Cause,
    readonly chat: { chatId: string; ownerId: string },
    readonly text: string,
    readonly model?: string,
    readonly settings: ModelSettings = {},
    /** In whose name it is sent. */
    readonly projectId?: string,
  ) {
    super()
  }
}

/** The ids come from the command's: a retry finds the prompt and the reply of the first try. */
@CommandHandler(SendPrompt)
export class SendPromptHandler implements ICommandHandler<SendPrompt> {
  constructor(
    private readonly chats: Chats,
    private readonly providers: Providers,
    private readonly secrets: ServiceSecrets,
  ) {}

  async execute({ cause, chat, text, model, settings, projectId }: SendPrompt): Promise<PromptSent> {
    const { id } = await this.providers.resolve(model)
    const { commands } = this.secrets
    const promptId = derivedId(commands, 'prompt', cause.commandId)
    const replyId = derivedId(commands, 'reply', cause.commandId)
    const { position } = await this.chats.execute(
      chat,
      cause.meta,
      sendPrompt({ ...chat, promptId, replyId, text, model: id, settings, projectId }),
    )
    return { chatId: chat.chatId, promptId, replyId, position }
  }
}
