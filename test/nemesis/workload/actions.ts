import { deleteChat, giveFeedback, readForeign, readOwn, rename, storeMessage } from './chats.js'
import type { Action, Choice } from './choices.js'
import { eraseAnAccount } from './erased-account.js'
import { visit } from './guest.js'
import type { Person } from './person.js'
import { useProject } from './project.js'
import { askForLater, askOverSocket, cancel, readAlong, waitForAnswer } from './prompts.js'
import { verifyReceiptOf } from './receipts.js'

/** What each choice means. */
export const actions: Record<Action, (person: Person, choice: Choice) => Promise<unknown>> = {
  'wait for an answer': waitForAnswer,
  'read an answer along': readAlong,
  'ask for an answer later': askForLater,
  'ask over the socket': askOverSocket,
  'cancel an answer': cancel,
  'rename a chat': rename,
  'give feedback': giveFeedback,
  'store a message': storeMessage,
  'read own chats': readOwn,
  'read a chat of somebody else': readForeign,
  'delete a chat': deleteChat,
  'verify a receipt': (person, choice) => verifyReceiptOf(person.client, person.ownPrompt(choice), person.journal),
  'use a project': (person, choice) => useProject(person.client, choice, person.journal),
  'use the service as a guest': (person, choice) => visit(person.town.stranger(), choice, person.journal),
  'erase an account': (person, choice) => eraseAnAccount(person.town.stranger(), choice, person.journal),
}
