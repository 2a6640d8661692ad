import { Id } from '../../../http/fields.js'

export class MessageParams {
  @Id()
  messageId!: string
}
