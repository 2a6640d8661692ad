import { command, Proxy } from '../../fault/proxy.js'
import { eventually } from '../../support/event-store/engines.js'
import { World } from '../../support/world.js'

jest.setTimeout(240_000)

const worlds: World[] = []

/** Killed, because a process that does not go on does not end in order either. */
afterAll(async () => {
  for (const world of worlds) await world.kill(...world.processes)
  await Promise.all(worlds.map((world) => world.end()))
})

/** All connections of a process are well, except that one answer to such a command never comes, and nothing after it. */
async function goesOnWithoutAnAnswerTo(...of: Parameters<typeof command>): Promise<void> {
  const world = await World.begin()
  worlds.push(world)
  const proxy = world.closeAtEnd(await Proxy.before(Number(new URL(world.mongodbUri).port), 'mongodb'))
  const ann = await world.account(await world.spawn({ MONGODB_URI: proxy.addressOf(world.mongodbUri) }).url())
  const send = (key: string) => ann.with({ 'idempotency-key': key }).post(`/chat/${key}/send`, { text: 'Hello' })
  const until = new Promise<never>(() => {})
  const lost = proxy.arm({ at: command(...of), moment: 'after', strike: async () => 'go on', until })
  await Promise.all([lost, eventually(() => send('first'), isCompleted, 120_000)])
  for (const key of ['second', 'third']) await eventually(() => send(key), isCompleted, 120_000)
  await eventually(
    () => send('fourth'),
    ({ headers }) => !headers.has('read-models-behind'),
    120_000,
  )
}

const isCompleted = ({ status, body }: { status: number; body: { status?: string } }) =>
  status === 200 && body.status === 'completed'

describe('a process of which one connection to MongoDB falls silent', () => {
  it('goes on: its committer, its projectors and its leases', async () => {
    const commands: [string, string?][] = [['insert', 'log'], ['find', 'log'], ['bulkWrite']]
    const ends = await Promise.allSettled(commands.map((of) => goesOnWithoutAnAnswerTo(...of)))
    expect(ends.map(({ status }, i) => [commands[i], status])).toEqual(commands.map((of) => [of, 'fulfilled']))
  })
})
