import { Reader, sending } from '../../support/chat/reader.js'
import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { eventually } from '../../support/event-store/engines.js'
import { isInstalled, proxies, RunningProxy } from '../../support/proxies.js'
import { Chatter } from '../../support/realtime/chatter.js'
import { Client, World } from '../../support/world.js'

for (const name of proxies) {
  const isThere = isInstalled(name)
  const behind = isThere ? describe : describe.skip
  behind(`behind ${name}, as deploy/proxy has it${isThere ? '' : ` (skipped: ${name} is not installed here)`}`, () => {
    let model: FakeOpenAi
    let world: World
    let proxy: RunningProxy
    let ann: Client

    beforeAll(async () => {
      ;({ model, world } = await World.withModel({ TRUST_PROXY: '1', STREAM_IDLE_MS: '600000' }))
      proxy = await RunningProxy.before(name, await world.start().url(), await world.start().url())
      ann = await world.account(proxy.url)
    })
    afterAll(async () => {
      await proxy?.close()
      await world?.end()
    })

    it('a stream arrives while it is written, and so does one with a ticket', async () => {
      let goOn = () => {}
      model.answerWith('One two three four.')
      model.failNext({ fault: 'stall', at: 2, until: new Promise<void>((resolve) => (goOn = resolve)) })
      const reader = new Reader()
      await reader.read(ann, sending('my-chat', { text: 'Count' }), { until: ({ text }) => text === 'One two' })
      // As a page does: with a new ticket if a stream does not open.
      const open = async (signal: AbortSignal) => {
        const { url = '/no-ticket' } = (await ann.post(`/chat/replies/${reader.replyId}/ticket`)).body
        return await new Client(proxy.url).fetch('GET', url, undefined, signal)
      }
      const other = new Reader()
      await other.read(
        ann,
        (_, signal) =>
          eventually(
            () => open(signal),
            ({ ok }) => ok,
          ),
        {
          until: ({ text }) => {
            if (text === 'One two') goOn()
            return false
          },
        },
      )
      expect([other.text, other.ended?.event]).toEqual(['One two three four.', 'done'])
    })

    it.each([[['websocket']], [['polling']], [['polling', 'websocket']]])(
      'sockets work over %s',
      async (transports) => {
        const chatter = await Chatter.of(ann, { transports })
        const chatId = (await ann.post('/api/chats', {})).body.data.chat.id
        await chatter.ask('join-chat', chatId)
        await chatter.until(() => chatter.socket.io.engine.transport.name === transports.at(-1))
        await ann.post(`/api/${chatId}/messages`, { role: 'user', content: 'Hello' })
        await chatter.next('message')
        expect(chatter.all('message')).toMatchObject([{ message: { content: 'Hello' } }])
        chatter.close()
      },
    )

    it('callers are counted by their own address, whatever they write', async () => {
      const leftFor = async (forged: string) => {
        const forging = new Client(proxy.url, { 'x-forwarded-for': forged })
        const { headers } = await forging.post('/api/auth/login', { email: 'no@example.org', password: 'wrong' })
        return Number(headers.get('ratelimit-remaining'))
      }
      const first = await leftFor('203.0.113.1')
      expect(await leftFor('203.0.113.2')).toBe(first - 1)
    })
  })
}
