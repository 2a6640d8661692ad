import { chatStream } from '../../../src/chat/chats.js'
import { Deltas } from '../../../src/chat/open-reply/deltas.js'
import { ReplyHolds } from '../../../src/chat/open-reply/reply-holds.js'
import { type MessageDoc, messages } from '../../../src/chat/read-models/messages.js'
import { ReplyOutcomes } from '../../../src/chat/replies/ending/reply-outcomes.js'
import { ArrivalQueue } from '../../../src/chat/replies/stream/arrival-queue.js'
import { ReplyStream } from '../../../src/chat/replies/stream/reply-stream.js'
import { Drain } from '../../../src/commands/drain.js'
import { DocumentsInMemory } from '../../../src/event-store/projecting/documents-in-memory.js'
import * as its from '../../support/chat/chat-events.js'
import { ChatDeployment, type ChatProcess, newPrompt } from '../../support/chat/chat-process.js'
import { eventually } from '../../support/event-store/engines.js'

let deployment: ChatDeployment
let here: ChatProcess
let there: ChatProcess
beforeAll(async () => {
  deployment = await ChatDeployment.begin()
  ;[here, there] = [await deployment.start(['api']), await deployment.start(['projector'])]
})
afterAll(() => deployment?.end())
afterEach(() => jest.restoreAllMocks())

async function asked() {
  const prompt = newPrompt()
  await there.append(prompt.started, prompt.sent)
  return prompt
}
type Prompted = Awaited<ReturnType<typeof asked>>

interface ReadingOptions {
  lastEventId?: string
  doc?: MessageDoc
  at?: ChatProcess
}

/** All that the stream sends, as it sends it. */
function reading({ reply }: Prompted, { lastEventId, doc, at = here }: ReadingOptions = {}) {
  const sent: string[] = []
  const all = (async () => {
    for await (const text of at.get(ReplyStream).events({ ...reply, doc }, lastEventId)) sent.push(text)
    return sent.join('')
  })()
  all.catch(() => {})
  /** Resolves when this was sent. */
  const has = (text: string) =>
    eventually(
      async () => sent.join(''),
      (so) => so.includes(text),
    )
  return { all, sent, has, begun: () => has('event: start') }
}
/** In the order of the protocol: the name of each event, its id without the reply's, its data. */
const told = (text: string, { reply }: Prompted) =>
  text
    .split('\n\n')
    .filter((block) => block.startsWith('event'))
    .map((block) => {
      const [, event, id, data] = /^event: (\w+)\n(?:id: (.+)\n)?data: (.*)$/.exec(block)!
      return [event, id?.replace(`${reply.replyId}:`, ''), JSON.parse(data!)]
    })
const start = ({ reply: { promptId, replyId } }: Prompted) => ['start', undefined, { promptId, replyId }]
const end = ({ reply: { promptId, replyId } }: Prompted, logPosition?: number) => ({
  text: 'A fact.',
  tokens: 5,
  messageId: replyId,
  promptId,
  ...(logPosition !== undefined && { logPosition }),
})
const position = async ({ chat }: Prompted) => (await here.events(chat.chatId)).at(-1)!.position
const write = ({ reply }: Prompted, offset: number, text: string, attempt = 'a1') =>
  there.get(Deltas).add(reply.chatId, reply.replyId, { attempt, offset, text })

describe('the stream of a reply that has ended', () => {
  it('is what its reader lacks, and the end as the read model has it', async () => {
    const prompt = await asked()
    await there.append(its.of(its.completed, prompt.reply))
    const documents = new DocumentsInMemory(messages)
    documents.apply(await here.events(prompt.chat.chatId))
    const doc = documents.read(prompt.reply.replyId) as unknown as MessageDoc
    const waiting = jest.spyOn(here.get(ReplyOutcomes), 'wait')
    expect(told(await reading(prompt, { doc }).all, prompt)).toEqual([
      start(prompt),
      ['delta', 'a1:7', { text: 'A fact.' }],
      ['done', 'a1:7', end(prompt)],
    ])
    const lastEventId = `${prompt.reply.replyId}:a1:2`
    expect(told(await reading(prompt, { doc, lastEventId }).all, prompt)[1]).toEqual([
      'delta',
      'a1:7',
      { text: 'fact.' },
    ])
    expect(waiting).not.toHaveBeenCalled()
  })
})

describe('the stream of an open reply', () => {
  it('is every delta as it comes, and the end, which can be read then', async () => {
    const prompt = await asked()
    const { replyId } = prompt.reply
    const pending = { _id: replyId, promptId: prompt.reply.promptId, status: 'pending' } as MessageDoc
    const visible = jest.spyOn(here.engine.projections, 'waitUntilVisible')
    const reader = reading(prompt, { doc: pending })
    await reader.begun()
    await eventually(
      () => write(prompt, 0, 'A '),
      (readers) => readers === 1,
    )
    await reader.has('"A "')
    await write(prompt, 2, 'fa')
    await reader.has('"fa"')
    await there.append(its.of(its.completed, prompt.reply))
    expect(told(await reader.all, prompt)).toEqual([
      start(prompt),
      ['delta', 'a1:2', { text: 'A ' }],
      ['delta', 'a1:4', { text: 'fa' }],
      ['delta', 'a1:7', { text: 'ct.' }],
      ['done', 'a1:7', end(prompt, await position(prompt))],
    ])
    expect(visible).toHaveBeenCalledWith(await position(prompt))
    // Nobody listens any more.
    await eventually(
      () => write(prompt, 7, '!'),
      (readers) => readers === 0,
    )
  })

  it('begins with what was written before, from where the reader has come to', async () => {
    const prompt = await asked()
    await write(prompt, 0, 'A fact')
    const reader = reading(prompt, { lastEventId: `${prompt.reply.replyId}:a1:2` })
    await reader.has('"fact"')
    await there.append(its.of(its.completed, prompt.reply))
    expect(told(await reader.all, prompt)).toEqual([
      start(prompt),
      ['delta', 'a1:6', { text: 'fact' }],
      ['delta', 'a1:7', { text: '.' }],
      ['done', 'a1:7', end(prompt, await position(prompt))],
    ])
  })

  it('finds by itself what is missing before a delta', async () => {
    const prompt = await asked()
    const reader = reading(prompt)
    await reader.begun()
    await eventually(
      () => there.redis.pubsub('NUMSUB', `verbatim:${there.db.databaseName}:reply:${prompt.reply.replyId}`),
      (numbers) => numbers[1] === 1,
    )
    await write(prompt, 0, 'A ')
    await reader.has('"A "')
    const hearing = jest.spyOn(ArrivalQueue.prototype, 'add').mockImplementationOnce(() => {}) // a message that got lost
    await write(prompt, 2, 'fa')
    await eventually(
      async () => hearing.mock.calls.length,
      (count) => count === 1,
    )
    await write(prompt, 4, 'ct')
    await reader.has('"fact"')
    await there.append(its.of(its.completed, prompt.reply))
    expect(told(await reader.all, prompt).map(([, , { text }]) => text)).toEqual([
      undefined,
      'A ',
      'fact',
      '.',
      'A fact.',
    ])
  })

  it('is taken from memory where the reply is written', async () => {
    const prompt = await asked()
    const { chatId, replyId } = prompt.reply
    const release = here.get(ReplyHolds).hold(replyId, () => {})
    const deltas = here.get(Deltas)
    const latest = jest.spyOn(deltas, 'latestText')
    const reader = reading(prompt)
    await eventually(
      async () => latest.mock.calls.length,
      (count) => count === 1,
    )
    for (const text of ['A', 'A ', 'A f']) deltas.setText(replyId, { attempt: 'a1', text })
    await reader.has('"A f"')
    expect(latest.mock.calls).toEqual([
      [chatId, replyId],
      [chatId, replyId],
    ]) // once for the three, which came together
    await there.append(its.of(its.completed, prompt.reply))
    expect(told(await reader.all, prompt)).toEqual([
      start(prompt),
      ['delta', 'a1:3', { text: 'A f' }],
      ['delta', 'a1:7', { text: 'act.' }],
      ['done', 'a1:7', end(prompt, await position(prompt))],
    ])
    release(true)
  })

  it('says why the reply has failed', async () => {
    const prompt = await asked()
    const reader = reading(prompt)
    await reader.begun()
    await there.append(its.of(its.failed, prompt.reply))
    const failure = { code: 'provider_rejected', detail: 'no', logPosition: await position(prompt) }
    expect(told(await reader.all, prompt)).toEqual([start(prompt), ['failed', undefined, failure]])
  })

  it('ends without an end when this process is about to stop: its reader goes on elsewhere', async () => {
    const prompt = await asked()
    const at = await deployment.start(['api'])
    const reader = reading(prompt, { at })
    await reader.begun()
    at.get(Drain).close()
    const text = await reader.all
    expect(text).toMatch(/: goes on elsewhere\nretry: \d+\n\n$/)
    expect(told(text, prompt)).toEqual([start(prompt)])
  })

  it('is kept alive while nothing is written, and only then', async () => {
    const prompt = await asked()
    const take = jest.spyOn(ArrivalQueue.prototype, 'take').mockResolvedValueOnce([])
    const reader = reading(prompt)
    await reader.has(': still here')
    expect(take).toHaveBeenCalledWith(15_000)
    await there.append(its.of(its.completed, prompt.reply))
    const text = await reader.all
    expect(text.split(': still here')).toHaveLength(2)
  })
})

describe('the stream of a chat that is erased', () => {
  const failed = ['failed', undefined, { code: 'erased', detail: 'the chat was erased' }]

  it('says so at its next sign of life', async () => {
    const prompt = await asked()
    let goOn = () => {}
    const nothing = new Promise<[]>((resolve) => (goOn = () => resolve([])))
    jest.spyOn(ArrivalQueue.prototype, 'take').mockReturnValueOnce(nothing)
    const reader = reading(prompt)
    await reader.begun()
    await here.engine.vault.destroy(chatStream(prompt.chat.chatId), new Date())
    goOn()
    expect(told(await reader.all, prompt)).toEqual([start(prompt), failed])
  })

  it('says so where its end cannot be opened', async () => {
    const prompt = await asked()
    jest.spyOn(here.get(ReplyOutcomes), 'wait').mockImplementationOnce(async () => {
      await here.engine.vault.destroy(chatStream(prompt.chat.chatId), new Date())
      await here.engine.vault.keyOf(chatStream(prompt.chat.chatId))
      return undefined
    })
    expect(told(await reading(prompt).all, prompt)).toEqual([start(prompt), failed])
  })
})

describe('a stream that breaks', () => {
  it('throws what nobody has expected', async () => {
    const prompt = await asked()
    jest.spyOn(here.get(Deltas), 'latestText').mockRejectedValueOnce(new Error('away'))
    await expect(reading(prompt).all).rejects.toThrow('away')
  })

  it('goes on elsewhere when the log cannot be read here', async () => {
    const prompt = await asked()
    jest.spyOn(here.get(ReplyOutcomes), 'wait').mockRejectedValueOnce(new Error('away'))
    expect(await reading(prompt).all).toContain(': goes on elsewhere')
  })
})
