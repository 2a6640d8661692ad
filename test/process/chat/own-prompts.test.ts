import { eventually } from '../../support/event-store/engines.js'
import { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { following, Reader, sending } from '../../support/chat/reader.js'
import { ReplyLog } from '../../support/chat/reply-log.js'
import type { ServiceProcess } from '../../support/service-process.js'
import { answeredBy, type Client, World } from '../../support/world.js'

/** Two processes with every role: each answers the prompts that it has appended itself, without the queue. */
let model: FakeOpenAi
let world: World
let log: ReplyLog
let first: ServiceProcess
let here: Client
let there: Client

beforeEach(async () => {
  model = await FakeOpenAi.start()
  world = await World.begin({ ...answeredBy(model), REPLY_BACKOFF_MS: '50' })
  log = await ReplyLog.of(world)
  first = world.spawn()
  const second = world.spawn()
  here = await world.account(await first.url())
  there = here.at(await second.url())
})

afterEach(async () => {
  await world?.end()
  await log?.close()
  await model?.close()
})

const answer = 'One two three four five six seven eight nine ten.'

const completions = () => model.requests.filter(({ path }) => path.endsWith('/completions'))

/** A prompt at the first process, of whose answer the model has said a part. */
async function halfWritten(chat: string) {
  model.answerWith(answer)
  let goOn = () => {}
  model.failNext({ fault: 'stall', at: 5, until: new Promise<void>((resolve) => (goOn = resolve)) })
  const reader = new Reader()
  const read = reader.read(here, sending(chat, { text: 'Count' })).catch(() => {}) // its process may be killed
  await eventually(
    async () => reader.text,
    (text) => text.length > 0,
  )
  return { reader, read, goOn }
}

describe('a prompt that its own process answers', () => {
  it('is answered by another process when that one is killed, once', async () => {
    const { reader } = await halfWritten('killed')
    await world.kill(first)
    const elsewhere = new Reader()
    await elsewhere.read(there, following(reader.replyId))
    expect(elsewhere.text).toBe(answer)
    expect(await log.endOf(reader.replyId)).toMatchObject({ type: 'ReplyCompleted' })
    expect(completions()).toHaveLength(2)
  })

  it('can be read along and cancelled at another process', async () => {
    const { reader, read } = await halfWritten('cancelled')
    const elsewhere = new Reader()
    const readElsewhere = elsewhere.read(there, following(reader.replyId))
    await eventually(
      async () => elsewhere.text,
      (text) => text === reader.text,
    )
    expect(await there.post('/chat/cancelled/cancel')).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    await Promise.all([read, readElsewhere])
    expect([reader.text, elsewhere.text]).toEqual([reader.text, reader.text])
    expect(await log.endOf(reader.replyId)).toMatchObject({ type: 'ReplyCancelled' })
    await model.idle()
  })

  it('is not begun by another process while it is written', async () => {
    const { reader, read, goOn } = await halfWritten('slow')
    // Longer than a reply may be open before the reconciler looks for it.
    await new Promise((resolve) => setTimeout(resolve, 7_000))
    goOn()
    await read
    expect(reader.text).toBe(answer)
    expect(completions()).toHaveLength(1)
  })
})
