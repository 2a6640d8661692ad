import { Injectable } from '@nestjs/common'
import { Bus } from '../../../commands/bus.js'
import type { Cause } from '../../../commands/cause.js'
import { definedFields } from '../../../commands/defined-fields.js'
import { derivedId } from '../../../commands/derived-ids.js'
import { ServiceSecrets } from '../../../commands/secrets.js'
import { Engine } from '../../../event-store/engine.js'
import { EventStoreError, Refused } from '../../../event-store/errors.js'
import { Limits } from '../../../http/limits.js'
import { type ChatRef, conversationDiffers, type NamedChat } from '../../chat.js'
import { titleFromPrompt } from '../../chat-title.js'
import { ChatIds } from '../../chat-ids.js'
import { type PromptSent, SendPrompt } from '../../commands/send-prompt.js'
import { SendToolOutputs } from '../../commands/send-tool-outputs.js'
import { ConversationDigests } from '../../conversation-digests.js'
import type { ModelSettings, PromptOptions } from '../../message.js'
import { FindConversation } from '../../read-models/chat-queries.js'
import { FindMessage } from '../../read-models/message-queries.js'
import { asStored, type SplitConversation } from './told-conversation.js'

export interface ToldPrompt {
  readonly ownerId: string
  readonly conversation: SplitConversation
  /** The client's name for the chat in which it goes on. */
  readonly chatName?: string | undefined
  readonly model?: string | undefined
  readonly settings: ModelSettings
  readonly options: PromptOptions
  /** Nothing of it is to be kept: it gets a chat of its own, which goes on nowhere. */
  readonly unstored: boolean
  /** The reply that it follows outright. */
  readonly after?: string | undefined
}

const mostTries = 10

/**
 * Prompts of clients that send their whole conversation each time. A conversation that is, up to its last answer,
 * exactly a chat of the same owner goes on in that chat. Any other one begins a chat, with its messages stored there.
 *
 * The chat's own decision makes that sure: it takes the prompt only if it is still what was told. So of two prompts
 * that follow the same answer at once, one goes on in the chat and the other one begins another chat.
 */
@Injectable()
export class ToldPrompts {
  constructor(
    private readonly bus: Bus,
    private readonly engine: Engine,
    private readonly ids: ChatIds,
    private readonly secrets: ServiceSecrets,
    private readonly digests: ConversationDigests,
    private readonly limits: Limits,
  ) {}

  async send(
    cause: Cause,
    { ownerId, conversation, chatName, model, settings, options, after, unstored }: ToldPrompt,
  ): Promise<PromptSent> {
    const { upToAnswer, sinceAnswer, prompt, images } = conversation
    const follows = await this.digests.digestOf(ownerId, upToAnswer)
    const latest =
      prompt === undefined
        ? sinceAnswer
        : [...sinceAnswer, { role: 'user', content: prompt, ...definedFields({ images }) } as const]
    const all = [...upToAnswer, ...sinceAnswer]
    const told = {
      before: all.map(asStored),
      sinceAnswer: sinceAnswer.map(asStored),
      follows,
      digest: unstored ? undefined : await this.digests.digestOf(ownerId, latest, follows),
      isNamed: chatName !== undefined,
    }
    const asked = all.findLastIndex(({ role }) => role === 'user')
    const begin = async (chat: NamedChat): Promise<PromptSent> => {
      const more = { told, options, images, after }
      if (prompt !== undefined)
        return await this.bus.begin(new SendPrompt(cause, chat, prompt, model, settings, undefined, undefined, more))
      const question = all[asked]
      const beginning = question && { beginning: { prompt: asked, title: titleFromPrompt(question.content) } }
      const how = { model, settings, options, told: { ...told, ...beginning } }
      const { begun } = await this.bus.begin(new SendToolOutputs(cause, chat, [], how))
      if (!begun) throw new EventStoreError('contended', 'the chat begins just now elsewhere; repeat the request')
      return begun
    }
    for (let tries = 0; tries < mostTries; tries++) {
      const chat =
        chatName === undefined
          ? await this.chatFor(cause, ownerId, upToAnswer.length > 0 && !unstored ? follows : undefined)
          : this.ids.namedChat(ownerId, chatName)
      await this.limits.countPrompt(chat.chatId, cause)
      try {
        return await begin(unstored ? { ...chat, unstored } : chat)
      } catch (error) {
        if (!(error instanceof Refused) || error.code !== conversationDiffers) throw error
        // Another prompt has followed the same answer: look again.
      }
    }
    throw new EventStoreError('contended', 'too many prompts follow the same answer at once; repeat the request')
  }

  /**
   * The order of the three steps matters for a request that comes twice with one key. The chat is looked up first; then
   * everything that the log has by now becomes visible; then the reply itself is looked for. If the other request has
   * moved the chat on before the first step, its reply is found in the last one.
   */
  private async chatFor(cause: Cause, ownerId: string, follows: string | undefined): Promise<ChatRef> {
    if (follows !== undefined) await this.seeAll() // the answer that it follows may be a moment old
    const found = follows === undefined ? undefined : await this.bus.query(new FindConversation(ownerId, follows))
    const { commands } = this.secrets
    if (cause.isRepeatable && follows !== undefined) {
      await this.seeAll()
      const replyId = derivedId(commands, 'reply', cause.commandId)
      const sent = await this.bus.query(new FindMessage(replyId, ownerId)).catch(undefinedIfNotFound)
      if (sent) return { chatId: sent.sessionId, ownerId }
    }
    return found ?? { chatId: derivedId(commands, 'chat', cause.commandId), ownerId }
  }

  private async seeAll(): Promise<void> {
    await this.engine.projections.waitUntilVisible(await this.engine.store.head())
  }
}

function undefinedIfNotFound(error: unknown): undefined {
  if (!(error instanceof Refused) || error.code !== 'not_found') throw error
}
