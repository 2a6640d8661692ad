import { Injectable } from '@nestjs/common'
import { derivedId } from '../commands/derived-ids.js'
import type { ChatRef, NamedChat } from './chat.js'
import { ServiceSecrets } from '../commands/secrets.js'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * A UUID is a chat's id. Any other text is an owner's own name for a chat, and the id is derived from owner and name:
 * the same name means another chat for another owner. So nobody can take a name away from others or find out which
 * names exist, and no name becomes part of a stream's name.
 */
@Injectable()
export class ChatIds {
  constructor(private readonly secrets: ServiceSecrets) {}

  of(ownerId: string, name: string): string {
    return uuid.test(name) ? name.toLowerCase() : derivedId(this.secrets.chatNames, ownerId, name)
  }

  /** The chat may not exist yet. */
  chatOf(ownerId: string, name: string): ChatRef {
    return { chatId: this.of(ownerId, name), ownerId }
  }

  /** The same for a prompt, which begins the chat if there is none: then the log keeps the owner's name for it. */
  namedChat(ownerId: string, name: string): NamedChat {
    return { ...this.chatOf(ownerId, name), ...(!uuid.test(name) && { ownName: name }) }
  }
}
