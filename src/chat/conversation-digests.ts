import { Injectable } from '@nestjs/common'
import { keyedHash } from '../commands/derived-ids.js'
import { Engine } from '../event-store/engine.js'
import { ownerStream } from '../identity/users.js'
import type { MessageRole } from './message.js'

interface SaidMessage {
  readonly role: MessageRole
  readonly content: string
  readonly name?: string | undefined
}

/**
 * Digests by which a conversation is found again when a client tells it. Each message is hashed together with the
 * digest of all before it. The key is made from that of the owner: nobody can compare anything with a digest once the
 * account is erased.
 */
@Injectable()
export class ConversationDigests {
  constructor(private readonly engine: Engine) {}

  /** Of these messages after those of `before`. */
  async digestOf(ownerId: string, messages: readonly SaidMessage[], before = ''): Promise<string> {
    const key = keyedHash(await this.engine.vault.keyOf(ownerStream(ownerId)), 'conversation')
    let digest = before
    for (const { role, content, name = '' } of messages)
      digest = keyedHash(key, digest, role, name, content).toString('base64url')
    return digest
  }
}
