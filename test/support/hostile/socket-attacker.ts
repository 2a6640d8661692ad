import { within } from '../../../src/event-store/timing.js'
import { Random } from '../seeds.js'
import { Chatter } from '../realtime/chatter.js'
import type { Client } from '../world.js'
import { anything, hostileTexts } from './values.js'

const events = ['join-chat', 'leave-chat', 'chat-message', 'message', 'error', 'disconnect-reason', '__proto__', 'x']
const patienceMs = 15_000

/** Somebody with an account who sends anything over sockets, and comes back when a socket is ended. */
export class SocketAttacker {
  readonly faults: string[] = []
  /** How often each answer came. */
  readonly answers: Record<string, number> = {}
  private readonly random: Random
  private chatter: Chatter | undefined

  constructor(
    private readonly client: Client,
    private readonly foreignChatId: string,
    private readonly canary: string,
    seed: number,
  ) {
    this.random = new Random(seed)
  }

  async attack(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      // A connection that is closed before it is open tells its client nothing.
      if (!this.chatter?.socket.connected) this.chatter = await within(patienceMs, Chatter.of(this.client))
      if (!this.chatter) this.faults.push(`no socket within ${patienceMs} ms`)
      else if (this.random.oneIn(100)) await this.flood(this.chatter)
      else await this.send(this.chatter)
    }
    this.hear(this.chatter)
    this.chatter?.close()
  }

  private async send(chatter: Chatter): Promise<void> {
    const { random } = this
    const event = random.one(events)
    const payload = random.oneIn(3) ? anything(random) : this.almostGood()
    const answer = await this.answerTo(chatter, event, payload)
    const name = answer === undefined ? 'none' : answer.ok === true ? 'ok' : String(answer.code)
    this.answers[name] = (this.answers[name] ?? 0) + 1
    if (name === 'internal' || name === 'undefined') this.faults.push(`${event}: ${JSON.stringify(answer)}`)
    this.hear(chatter)
  }

  private almostGood(): object {
    const { random, foreignChatId, canary } = this
    return {
      chatId: random.one([crypto.randomUUID(), 'mine', foreignChatId, random.one(hostileTexts)]),
      ...(random.oneIn(2) && { content: random.one([canary, random.one(hostileTexts)]) }),
      ...(random.oneIn(3) && { after: random.one([0, 5, -1, 1e300]) }),
      ...(random.oneIn(3) && { commandId: random.one(['one', '', 'a b']) }),
      ...(random.oneIn(4) && { [random.one(['__proto__', 'x'])]: anything(random) }),
    }
  }

  /** Undefined for an event that nobody answers, or whose socket has ended. */
  private async answerTo(
    chatter: Chatter,
    event: string,
    payload: unknown,
  ): Promise<Record<string, unknown> | undefined> {
    if (!/^(join|leave)-chat$|^chat-message$/.test(event)) {
      chatter.socket.emit(event, payload)
      return undefined
    }
    const ended = new Promise<undefined>((resolve) => chatter.socket.once('disconnect', () => resolve(undefined)))
    const asked = chatter.socket.timeout(patienceMs).emitWithAck(event, payload) as Promise<Record<string, unknown>>
    const answered = asked.catch((error: Error) => {
      if (chatter.socket.connected) this.faults.push(`${event}: ${error.message}`)
      return undefined
    })
    return await Promise.race([answered, ended])
  }

  private async flood(chatter: Chatter): Promise<void> {
    await Promise.all(Array.from({ length: 300 }, () => this.answerTo(chatter, 'leave-chat', 'mine')))
  }

  private hear(chatter: Chatter | undefined): void {
    const heard = JSON.stringify(chatter?.heard.splice(0) ?? [])
    const foreign = (heard.match(/CANARY-[a-z]+-\d+/g) ?? []).find((found) => found !== this.canary)
    if (foreign !== undefined) this.faults.push(`heard ${foreign}`)
  }
}
