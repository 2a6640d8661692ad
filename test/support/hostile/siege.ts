import { Agent } from 'node:http'
import { Random } from '../seeds.js'
import { Client } from '../world.js'
import { AnswerSchemas } from './answer-schemas.js'
import { Attacker, type Role, roles, type Scene } from './attacker.js'
import { exchange, exchangeBytes, type Shot } from './exchange.js'
import type { Level } from './probe.js'
import type { ProbedService } from './probed-service.js'
import { rawFaultsOf, rawRequests } from './raw-requests.js'
import { SocketAttacker } from './socket-attacker.js'
import { faultsOf, Routes } from './verdict.js'

export interface Report {
  requests: Record<Role, number>
  statuses: Record<string, number>
  /** What was wrong, with one request of each kind, and how often. */
  faults: Record<string, { times: number; example: string }>
  socketAnswers: Record<string, number>
  /** After the first half, and at the end. */
  levels: [Level, Level]
  longestHolds: string[]
}

const callersOfARole = 2

/** All role sets at once, each request drawn from the seed. */
export class Siege {
  private readonly schemas: AnswerSchemas
  private readonly routes: Routes
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 50 })
  private readonly faults: Report['faults'] = {}
  private readonly statuses: Record<string, number> = {}
  private readonly requests = Object.fromEntries(roles.map((role) => [role, 0])) as Report['requests']
  private readonly socketAnswers: Record<string, number> = {}

  constructor(
    private readonly scene: Scene,
    private readonly service: ProbedService,
    private readonly seed: number,
  ) {
    this.schemas = new AnswerSchemas(scene.contract)
    this.routes = new Routes(scene.contract)
  }

  async run(requestsOfARole: number): Promise<Report> {
    const callers = await this.callers()
    this.service.holds.splice(0) // of the start
    const half = Math.ceil(requestsOfARole / callersOfARole / 2)
    await this.all(callers, half)
    const first = await this.calm()
    await this.all(callers, half)
    const last = await this.calm()
    this.agent.destroy()
    const { requests, statuses, faults, socketAnswers } = this
    const holds = this.service.holds.toSorted((a, b) => b.heldMs - a.heldMs).slice(0, 10)
    const longestHolds = holds.map(
      ({ heldMs, byClockMs, requests: seen }) =>
        `${Math.round(heldMs)} ms (${Math.round(byClockMs)} by the clock): ${seen.join('; ')}`,
    )
    return { requests, statuses, faults, socketAnswers, levels: [first, last], longestHolds }
  }

  private async callers(): Promise<Attacker[]> {
    const numbers = roles.flatMap((role) => Array.from({ length: callersOfARole }, () => role))
    return await Promise.all(numbers.map((role, i) => Attacker.of(this.scene, role, this.seed * 1000 + i)))
  }

  private async all(callers: readonly Attacker[], times: number): Promise<void> {
    await Promise.all([
      ...callers.map((attacker) => this.attack(attacker, times)),
      this.attackWithBytes(Math.ceil(times / 5)),
      this.attackSockets(Math.ceil(times / 2)),
    ])
  }

  private async attack(attacker: Attacker, times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      const { shot, isOwn } = await attacker.next()
      const status = await this.judge(attacker, shot).catch((error: Error) => {
        this.note(shot, `no answer: ${error.message}`)
        return 0
      })
      this.requests[attacker.role]++
      this.statuses[status] = (this.statuses[status] ?? 0) + 1
      if (isOwn && (status === 401 || endsAccounts(shot, status))) await attacker.begin()
    }
  }

  private async judge(attacker: Attacker, shot: Shot): Promise<number> {
    const shown = await exchange(Number(new URL(this.scene.url).port), this.agent, shot)
    const operation = this.routes.of(shot)
    for (const fault of faultsOf(attacker, operation, this.schemas, shot, shown))
      this.note(shot, `${operation?.operationId ?? 'no operation'}: ${fault}`, shown.text)
    return shown.status
  }

  private async attackWithBytes(times: number): Promise<void> {
    const random = new Random(this.seed)
    for (let i = 0; i < times; i++) {
      const bytes = random.one(rawRequests)
      const text = await exchangeBytes(Number(new URL(this.scene.url).port), bytes)
      for (const fault of rawFaultsOf(text))
        this.note({ method: '', path: bytes, headers: {} }, `bytes: ${fault}`, text)
    }
  }

  private async attackSockets(times: number): Promise<void> {
    const { world, url, victim } = this.scene
    const client: Client = await world.account(url)
    const attacker = new SocketAttacker(client, victim.ids.chatId!, 'CANARY-socket-0', this.seed)
    await attacker.attack(times)
    for (const [name, count] of Object.entries(attacker.answers))
      this.socketAnswers[name] = (this.socketAnswers[name] ?? 0) + count
    for (const fault of attacker.faults) this.note({ method: 'socket', path: '', headers: {} }, `socket: ${fault}`)
  }

  private note(shot: Shot, fault: string, text = ''): void {
    const noted = (this.faults[fault] ??= { times: 0, example: exampleOf(shot, text) })
    noted.times++
  }

  /** When nothing is under way any more. */
  private async calm(): Promise<Level> {
    this.agent.destroy()
    const holds = this.service.holds.length
    const level = await this.service.level()
    this.service.holds.splice(holds) // of the collection itself
    return level
  }
}

const endsAccounts = ({ path }: Shot, status: number) =>
  status < 300 && /^\/api\/(auth|users)\/(logout|profile|password)/.test(path)

function exampleOf({ method, path, headers, body }: Shot, text: string): string {
  const { authorization: _, 'x-api-key': __, ...others } = headers
  return `${method} ${path.slice(0, 200)} ${JSON.stringify(others).slice(0, 200)} ${String(body ?? '').slice(0, 300)} ⇒ ${text.slice(0, 500)}`
}
