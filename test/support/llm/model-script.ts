/**
 * What a fake model says and what goes wrong with it. Orders come from the test itself (`answerWith`, `failNext`) or, in
 * another process, from a marker in the prompt: `[[fault:drop]]`, `[[fault:drop:5]]` (after five chunks) and
 * `[[fault:drop:5 x2]]` (only the first two times that this prompt comes).
 */
export interface Message {
  role: string
  content: string
}

/** What each means is said where `at` is; it defaults to what follows its name. */
const faults = {
  /** Waits `at` ms before each chunk. */
  slow: 20,
  /** Says nothing more after `at` chunks; until `until`, if the order has one. */
  stall: 2,
  /** Destroys the connection after `at` chunks, and after `until`, if the order has one. */
  drop: 2,
  /** Destroys it before there is any answer. */
  hangup: 0,
  /** Ends the answer after `at` chunks as if it were complete, without saying that it is. */
  cut: 2,
  /** Sends something that cannot be parsed after `at` chunks. */
  malformed: 2,
  /** Sends an error instead of the rest after `at` chunks. */
  error_inside: 2,
  /** Answers the HTTP status `at`. */
  status: 500,
  /** Answers 429, to come again after `at` seconds. */
  rate_limit: 1,
  /** Sends exactly what the order says, see `sendRaw`. */
  raw: 0,
  /** Answers 200 and a web page, as a proxy does. */
  web_page: 0,
  /** Thinks for `at` chunks before the first word. */
  think: 2,
  /** Cuts what it sends into pieces of `at` bytes. */
  pieces: 1,
  /** Stops after `at` chunks because the answer is long enough. */
  length: 2,
  /** Stops after `at` chunks because of what it would say. OpenAI only. */
  filter: 2,
  /** Declines to answer. OpenAI only. */
  refusal: 0,
  /** Does not count. */
  no_usage: 0,
  /** Does not say why it stops, only that it does. OpenAI only. */
  no_finish: 0,
} as const
export type FaultName = keyof typeof faults

export interface Fault {
  fault: FaultName
  at?: number
  until?: Promise<unknown>
  /** Sent with a status. */
  headers?: Record<string, string>
  /** Sent with a status, instead of what the server would say. */
  body?: unknown
  /** Sent raw. */
  parts?: readonly string[]
  thenDrop?: boolean
}
export type OrderedFault = Required<Pick<Fault, 'fault' | 'at'>> & Fault

/** A text, which is cut into words; or the chunks, exactly as they are to come. */
export type Answer = string | readonly string[] | ((messages: readonly Message[]) => string | readonly string[])

export interface Play {
  chunks: readonly string[]
  fault?: OrderedFault
}

const marker = /\s*\[\[fault:([a-z_]+)(?::(\d+))?(?: x(\d+))?\]\]/

export class ModelScript {
  private answer: Answer = answerTo
  private readonly failing: OrderedFault[] = []
  private habit?: OrderedFault
  private readonly struck = new Map<string, number>()

  /** Says this from now on; without an argument what it says by itself. */
  answerWith(answer: Answer = answerTo): void {
    this.answer = answer
  }

  /** The next requests fail, before those of earlier orders don't any more. */
  failNext(fault: FaultName | Fault, times = 1): void {
    for (let i = 0; i < times; i++) this.failing.push(ordered(typeof fault === 'string' ? { fault } : fault))
  }

  /** Every request that nothing else is ordered for goes like this from now on; without an argument, well. */
  always(fault?: FaultName | Fault): void {
    this.habit = fault && ordered(typeof fault === 'string' ? { fault } : fault)
  }

  /** What to do with the request that has come. */
  next(messages: readonly Message[]): Play {
    const said = typeof this.answer === 'function' ? this.answer(messages) : this.answer
    const chunks = typeof said === 'string' ? wordsOf(said) : said
    return { chunks, fault: this.failing.shift() ?? this.marked(questionOf(messages)) ?? this.habit }
  }

  private marked(question: string): OrderedFault | undefined {
    const [, fault, at, times = Infinity] = marker.exec(question) ?? []
    if (!fault) return undefined
    if (!(fault in faults)) throw new Error(`there is no fault ${fault}`)
    const struck = this.struck.get(question) ?? 0
    this.struck.set(question, struck + 1)
    return struck < Number(times)
      ? ordered({ fault: fault as FaultName, at: at === undefined ? undefined : Number(at) })
      : undefined
  }
}

const ordered = (fault: Fault): OrderedFault => ({ ...fault, at: fault.at ?? faults[fault.fault] })

const questionOf = (messages: readonly Message[]) => messages.findLast(({ role }) => role === 'user')?.content ?? ''

/** What it says by itself. */
export const answerTo = (messages: readonly Message[]) =>
  `You asked: ${questionOf(messages).replace(marker, '').trimStart()}`

export const wordsOf = (text: string): string[] => text.match(/\s*\S+\s*$|\s*\S+/g) ?? (text ? [text] : [])

/** A refusal with this status, as OpenAI words it. */
export const status = (at: number, error: object = {}): Fault => ({ fault: 'status', at, body: { error } })
