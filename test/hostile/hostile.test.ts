import { Belongings } from '../support/api/belongings.js'
import { Contract } from '../support/api/contract.js'
import { ProbedService } from '../support/hostile/probed-service.js'
import { type Report, Siege } from '../support/hostile/siege.js'
import { Database } from '../support/ops/database.js'
import { World } from '../support/world.js'

/** npm test -- --hostile [--seed N] [--requests N: of each role set] [--longest-hold MS: fails beyond it] */
const { HOSTILE_SEED, HOSTILE_REQUESTS = '20000', HOSTILE_LONGEST_HOLD } = process.env
const seed = Number(HOSTILE_SEED ?? Math.floor(Math.random() * 1_000_000))
const secret = 'what signs the tokens of this test'

let world: World
let service: ProbedService
let report: Report

beforeAll(async () => {
  world = await World.begin({ JWT_SECRET: secret, SESSION_PROMPTS_PER_MINUTE: '1000000' })
  service = new ProbedService(world.folder, world.environment)
  world.services.push(service)
  const url = await service.url()
  const contract = await Contract.of(url)
  const database = world.closeAtEnd(await Database.of(world))
  const victim = await Belongings.of(await world.account(url), contract, 'CANARY-victim-0')
  report = await new Siege({ world, database, contract, url, secret, victim }, service, seed).run(
    Number(HOSTILE_REQUESTS),
  )
  process.stdout.write(`seed ${seed}: ${JSON.stringify(report, null, 2)}\n`)
}, 3_600_000)
afterAll(() => world?.end(), 60_000)

it('every answer is one that /docs-json describes, and shows nothing that is not the caller’s', () => {
  expect({ seed, faults: Object.keys(report.faults) }).toEqual({ seed, faults: [] })
})

it('the process lives, and no connection and no descriptor stays open', () => {
  const [half, end] = report.levels
  expect(service.process.exitCode ?? service.process.signalCode).toBeNull()
  expect(service.output).not.toMatch(/unhandled|CANARY/i)
  expect(end.connections).toBe(0)
  expect(end.descriptors).toBeLessThanOrEqual(half.descriptors + 20) // the database's pool may have grown
})

it('memory is back at its level', () => {
  const [half, end] = report.levels
  expect(end.heapMiB).toBeLessThanOrEqual(half.heapMiB * 1.5 + 32) // caches have limits, and may not be full at half time
})

const holdIfAsked = HOSTILE_LONGEST_HOLD === undefined ? it.skip : it
holdIfAsked('nothing has held the event loop for longer than was asked', () => {
  const longest = Math.max(0, ...service.holds.map(({ heldMs }) => heldMs))
  expect({ longest, isShort: longest <= Number(HOSTILE_LONGEST_HOLD) }).toMatchObject({ isShort: true })
})
