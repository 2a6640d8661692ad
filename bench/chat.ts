import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { Shutdown } from '../src/service/shutdown.js'
import { Deployment } from './chat/deployment.js'
import { fillChats, lengths } from './chat/fill.js'
import { measureNextPrompts, type NextPrompts } from './chat/next-prompts.js'
import { describeMachine } from './store/machine.js'
import { startServers } from './store/servers.js'
import { fine, table, times } from './store/table.js'

/**
 * How long the next prompt takes in a long chat and in a short one, from the request to the whole answer of the
 * offline model: cold, as the first one after a start, and warm.
 *
 *   npm run bench -- chat [--quick] [--json <file>]
 */
const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
})
const extent = options.quick ? { rounds: 1, long: 1_000, chats: 3 } : { rounds: 3, long: 10_000, chats: 10 }
const messages = { short: 10, full: 150, long: extent.long }

const say = (line: string) => console.error(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${line}`)
const shutdown = new Shutdown(say)
shutdown.listenToSignals()

try {
  const servers = await startServers(shutdown)
  const machine = await describeMachine(servers)
  const rounds = await servers.within(async (place) => {
    const deployment = new Deployment(place, randomBytes(32), servers.dir)
    shutdown.addStep(() => deployment.stop())
    const account = await deployment.account()
    say(`filling ${extent.chats} chats each of ${Object.values(messages).join(', ')} messages`)
    const chats = await fillChats(deployment, account.id, extent.chats, messages)
    const measured: NextPrompts[] = []
    for (let round = 1; round <= extent.rounds; round++) {
      measured.push(await measureNextPrompts(deployment, account, chats))
      say(`round ${round} of ${extent.rounds}`)
    }
    await deployment.stop()
    return measured
  })
  if (options.json) await writeFile(options.json, JSON.stringify({ machine, rounds }, null, 2))
  console.log(
    `\n${report(rounds)}\n\n${Object.entries(machine)
      .map(([name, value]) => `${name.padEnd(9)} ${value}`)
      .join('\n')}\n`,
  )
  await shutdown.begin(0)
} catch (error) {
  if (!shutdown.hasBegun) console.error(error)
  await shutdown.begin(1)
}

function report(rounds: readonly NextPrompts[]): string {
  const rows = (['cold', 'warm'] as const).map((kind) => {
    const middle = (pick: (round: NextPrompts) => number) => rounds.map(pick).sort((a, b) => a - b)[rounds.length >> 1]!
    const figures = lengths.map((length) => fine(middle((round) => round[kind][length])))
    const ratio = (to: 'short' | 'full') => times(middle((round) => round[kind].long / round[kind][to]))
    return [
      kind,
      ...figures,
      ratio('short'),
      ratio('full'),
      rounds.map((round) => fine(round[kind].long / round[kind].short)).join(', '),
    ]
  })
  const head = [
    'Next prompt to whole answer, median ms',
    ...lengths.map((length) => `chat of ${messages[length]}`),
    'to the first',
    'to the second',
    'to the first by round',
  ]
  return table([head, ...rows])
}
