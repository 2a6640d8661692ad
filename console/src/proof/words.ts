import type { Verification } from './receipt.js'

/** Whether a receipt proves that a message says just this: a receipt of other words, or of another message, does not. */
export function provesWords({ isProven, line }: Verification, messageId: string, content: string): boolean {
  const words = line.opened?.personal as { text?: string; content?: string; detail?: string } | undefined
  const said = words?.text ?? words?.content ?? words?.detail
  return isProven && said === content && Object.values(line.event.data).includes(messageId)
}
