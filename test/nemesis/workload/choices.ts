import { Random } from '../../support/seeds.js'

/** How often each is chosen, beside the others. */
const weights = {
  'wait for an answer': 6,
  'read an answer along': 8,
  'ask for an answer later': 6,
  'ask over the socket': 4,
  'cancel an answer': 3,
  'rename a chat': 4,
  'give feedback': 3,
  'store a message': 2,
  'read own chats': 4,
  'read a chat of somebody else': 2,
  'delete a chat': 2,
  'verify a receipt': 1,
  'use a project': 2,
  'use the service as a guest': 2,
  'erase an account': 1,
} as const

export type Action = keyof typeof weights

/** What one person does next. It depends on nothing that has happened. */
export interface Choice {
  action: Action
  /** Which of the person's chats, of the others' chats, and so on. */
  draw: number
  /** Of a prompt. */
  words: number
  /** After so many characters a reader's connection breaks, the first time. */
  cutAfter: number
  pauseMs: number
}

const actions = Object.entries(weights).flatMap(([action, weight]) => Array<Action>(weight).fill(action as Action))

/** Without an end; the seed and the person's number alone decide. */
export function* choices(seed: number, person: number): Generator<Choice> {
  const random = new Random(seed * 1_000 + person)
  for (;;)
    yield {
      action: random.one(actions),
      draw: random.below(1_000_000),
      words: 3 + random.below(40),
      cutAfter: random.oneIn(2) ? 40 + random.below(1_500) : Infinity,
      pauseMs: random.below(600),
    }
}
