import { Injectable } from '@nestjs/common'
import { derivedId } from '../commands/derived-ids.js'
import type { ChatRef } from './chat.js'
import { ServiceSecrets } from '../commands/secrets.js'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * A UUID names a chat everywhere. Anything else is its caller's own name for a chat: the same name of another caller
 * is another chat, so names can be neither squatted nor probed, and none becomes the name of a stream.
 */
@Injectable()
export class ChatIds {
  constructor(private readonly secrets: ServiceSecrets) {}

  of(ownerId: string, name: string): string {
    return uuid.test(name) ? name.toLowerCase() : derivedId(this.secrets.chatNames, ownerId, name)
  }

  /** The chat that this owner calls by this name, if there is one. */
  chatOf(ownerId: string, name: string): ChatRef {
    return { chatId: this.of(ownerId, name), ownerId }
  }
}
