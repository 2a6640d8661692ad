import { ReplyLog } from '../support/chat/reply-log.js'
import { eventually } from '../support/event-store/engines.js'
import type { ServiceProcess } from '../support/service-process.js'
import { type Client, World } from '../support/world.js'
import { command, type Moment, Proxy } from './proxy.js'

let world: World
let log: ReplyLog
let me: Client
let replies = 0
/** Between the workers and their database. */
let proxy: Proxy
/** The one that goes on after a test is killed in the next. */
let worker: ServiceProcess

beforeAll(async () => {
  ;({ world } = await World.withModel())
  log = world.closeAtEnd(await ReplyLog.of(world))
  proxy = await Proxy.before(Number(new URL(process.env.VERBATIM_TEST_MONGODB_URI!).port), 'mongodb')
  const api = world.spawn({ ROLES: 'api,projector' })
  ;[me, worker] = await Promise.all([api.url().then((url) => world.account(url)), startWorker()])
})
afterAll(async () => {
  await world?.end()
  await proxy?.close()
})

const asked = { content: 'call get_time', tools: [{ name: 'get_time' }], model: 'offline/echo' }

async function startWorker(): Promise<ServiceProcess> {
  const started = world.spawn({ ROLES: 'worker', MONGODB_URI: proxy.addressOf(world.mongodbUri) })
  await started.url()
  return started
}

/** The reply when it has ended. */
const ended = (id: string) =>
  eventually(
    async () => (await me.get(`/api/ai/replies/${id}`)).body.data.message,
    ({ status }) => status !== 'pending',
    60_000,
  )
const later = () => me.with({ prefer: 'respond-async' })
const ask = async (chat: string): Promise<string> =>
  (await later().post(`/api/ai/chats/${chat}/messages`, asked)).body.data.message.id
const answer = async (chat: string, callId: string) =>
  await later().post(`/api/ai/chats/${chat}/tool-outputs`, { outputs: [{ callId, output: 'noon' }] })

/** The call was asked for once, its output is there once, and the next reply says it. */
async function expectOneRound(chat: string, asking: string): Promise<void> {
  const { toolCalls } = await ended(asking)
  expect(toolCalls).toHaveLength(1)
  const sent = await answer(chat, toolCalls[0].id)
  expect(sent.status).toBe(202)
  const next = sent.body.data.message.id as string
  expect(await ended(next)).toMatchObject({ status: 'completed', content: 'get_time says: “noon”.' })
  const again = await answer(chat, toolCalls[0].id)
  expect(again.body.data.message.id).toBe(next)
  await log.expectOneEndEach((replies += 2))
  const events = await log.events()
  const ofRound = events.filter(({ data }) => data.replyId === asking).map(({ type }) => type)
  expect(ofRound).toEqual(['PromptSent', 'ToolCallsRequested', 'ToolOutputReceived'])
}

describe('a call that waits for approval', () => {
  it('waits on when every process that knew of it is killed, and is made once', async () => {
    const first = [worker, world.spawn({ ROLES: 'api,projector' })]
    const there = me.at(await first[1]!.url())
    const prompt = { ...asked, tools: [{ name: 'get_time', approval: 'required' }] }
    const path = '/api/ai/chats/approved'
    const { body } = await there.with({ prefer: 'respond-async' }).post(`${path}/messages`, prompt)
    const asking = body.data.message.id as string
    const { toolCalls, needApproval } = await ended(asking)
    expect(toolCalls).toEqual([])
    const callId = needApproval[0].id as string
    const completion = { model: 'offline/echo', messages: [{ role: 'user', content: 'call pay' }], stream: true }
    const declared = [{ type: 'function', function: { name: 'pay' }, approval: 'required' }]
    const keyed = (by: Client) =>
      by.with({ 'idempotency-key': 'held' }).fetch('POST', '/v1/chat/completions', { ...completion, tools: declared })
    const held = await keyed(there)
    const chatId = held.headers.get('x-chat-id')!
    const waits = async () => (await me.get(`/api/ai/chats/${chatId}`)).body.data.chat.waitsFor?.needApproval
    const [pay] = await eventually(waits, (ids) => ids !== undefined)
    await world.kill(...first)
    expect(await held.text().catch(String)).not.toContain('[DONE]')

    const second = await startWorker()
    expect((await answer('approved', callId)).body.code).toBe('approval_missing')
    await me.post(`${path}/tool-calls/${callId}/approve`, {})
    await world.kill(second)
    worker = await startWorker()
    await me.post(`${path}/tool-calls/${callId}/approve`, {})
    await me.post(`/api/ai/chats/${chatId}/tool-calls/${pay}/deny`, { reason: 'too late' })
    expect(await (await keyed(me)).text()).toContain('The call was denied: too late')
    replies += 2
    const sent = await answer('approved', callId)
    expect(await ended(sent.body.data.message.id)).toMatchObject({ content: 'get_time says: “noon”.' })
    await log.expectOneEndEach((replies += 2))
    const types = (await log.events()).filter(({ data }) => data.callId === callId).map(({ type }) => type)
    expect(types).toEqual(['ToolCallApproved', 'ToolOutputReceived'])
  })
})

describe('a worker that is killed', () => {
  it('between a call and its output: another one goes on', async () => {
    const asking = await ask('between')
    const { toolCalls } = await ended(asking)
    await world.kill(worker)
    const sent = await answer('between', toolCalls[0].id)
    expect(sent.body.data.message).toMatchObject({ status: 'pending' })
    worker = await startWorker()
    await expectOneRound('between', asking)
  })

  it.each<Moment>(['before', 'during', 'after'])('%s recording a call: it is asked for once', async (moment) => {
    const strike = async () => {
      await world.kill(worker)
      return 'cut' as const
    }
    const struck = proxy.arm({ moment, strike, at: command('insert', 'log') })
    const asking = await ask(`recorded-${moment}`)
    await struck
    worker = await startWorker()
    await expectOneRound(`recorded-${moment}`, asking)
  })

  it('while it writes the reply to an output: another one writes it', async () => {
    const asking = await ask('after')
    const { toolCalls } = await ended(asking)
    const strike = async () => {
      await world.kill(worker)
      return 'cut' as const
    }
    const struck = proxy.arm({ moment: 'before', strike, at: command('insert', 'log') })
    await answer('after', toolCalls[0].id)
    await struck
    worker = await startWorker()
    await expectOneRound('after', asking)
  })
})
