import { type Client, World } from '../../support/world.js'
import { Reader, sending } from '../../support/chat/reader.js'
import { eventually } from '../../support/event-store/engines.js'
import { Database } from '../../support/ops/database.js'
import { expectProblem } from '../../support/api/problem.js'

let world: World
let here: string
let there: string
let ann: Client

/** Two processes: what is commanded here is read there. */
beforeAll(async () => {
  world = await World.begin()
  ;[here, there] = await Promise.all([world.start().url(), world.start({ ROLES: 'api' }).url()])
})
afterAll(() => world?.end())
beforeEach(async () => {
  ann = await world.account(here)
})

const positionOf = ({ headers }: { headers: Headers }) => Number(headers.get('log-position'))
const after = (position: number | string, client = ann) => client.with({ 'min-log-position': String(position) })

describe('what a command has done', () => {
  it('can be read when it answers, in every process', async () => {
    const away = ann.at(there)
    for (let i = 0; i < 50; i++) {
      const { body } = await ann.post('/chat/my-chat/send', { text: `Number ${i}` })
      const { messages } = (await away.get('/chat/my-chat/messages?limit=200')).body
      expect(messages.slice(-2)).toMatchObject([{ text: `Number ${i}` }, { id: body.messageId, status: 'completed' }])
      await ann.ask('PATCH', '/chat/my-chat/edit', { name: `Name ${i}` })
      expect((await away.get(`/user/${ann.id}/list-chats`)).body.chats).toMatchObject([
        { name: `Name ${i}`, messageCount: 2 * i + 2 },
      ])
    }
  })

  it('is told by its position in the log, which only grows', async () => {
    const sent = await ann.post('/chat/my-chat/send', { text: 'Hello' })
    const { messageId } = sent.body
    const commands = [
      sent,
      await ann.post(`/message/${messageId}/feedback`, { type: 'positive' }),
      await ann.ask('DELETE', `/message/${messageId}/feedback`),
      await ann.ask('PUT', '/chat/my-chat/edit', { name: 'Another' }),
      await ann.ask('PUT', '/api/users/profile', { name: 'Another' }),
      await ann.post('/api/users/generate-api-key'),
      await ann.ask('DELETE', '/chat/my-chat'),
    ]
    const positions = commands.map(positionOf)
    expect(positions).toEqual(positions.toSorted((a, b) => a - b))
    expect(new Set(positions).size).toBe(commands.length)
    expect(positions[0]).toBeGreaterThan(0)
  })

  it('has no position when there was nothing to do, and neither has what only reads', async () => {
    const { body } = await ann.post('/chat/my-chat/send', { text: 'Hello' })
    await ann.post(`/message/${body.messageId}/feedback`, { type: 'positive' })
    expect(
      (await ann.post(`/message/${body.messageId}/feedback`, { type: 'positive' })).headers.get('log-position'),
    ).toBeNull()
    expect((await ann.get('/chat/my-chat/messages')).headers.get('log-position')).toBeNull()
  })

  it('is not waited for by who does not want to, and can be read by who asks for its position', async () => {
    for (let i = 0; i < 20; i++) {
      const answered = await ann.with({ prefer: 'respond-async' }).post(`/chat/chat-${i}/send`, { text: 'Hello' })
      expect(answered.status).toBe(202)
      const { status, body } = await after(positionOf(answered), ann.at(there)).get(`/chat/chat-${i}/messages`)
      expect(status).toBe(200)
      expect(body.messages).toMatchObject([{ text: 'Hello' }, { id: answered.body.messageId }])
    }
  })

  it('is read there where Location says, at once', async () => {
    for (let i = 0; i < 20; i++) {
      const { headers } = await ann
        .with({ prefer: 'respond-async, wait=0' })
        .post(`/chat/chat-${i}/send`, { text: 'Hello' })
      expect((await ann.at(there).get(headers.get('location')!)).status).toBe(200)
    }
  })
})

describe('the end of a stream', () => {
  it('tells its position, and a page from there shows the answer as completed, in every process', async () => {
    for (let i = 0; i < 10; i++) {
      const reader = await new Reader().read(ann, sending('streamed', { text: `Number ${i}` }))
      const { messageId, logPosition } = reader.ended!.data as { messageId: string; logPosition: number }
      const { body } = await after(logPosition, ann.at(there)).get('/chat/streamed/messages?limit=100')
      expect(body.messages.at(-1)).toMatchObject({ id: messageId, status: 'completed' })
    }
  })
})

describe('a position to read from', () => {
  it('may be any that the log has reached', async () => {
    const position = positionOf(await ann.post('/chat/my-chat/send', { text: 'Hello' }))
    for (const one of [0, 1, position]) expect((await after(one).get('/chat/my-chat/messages')).status).toBe(200)
  })

  it('cannot be beyond the head of the log', async () => {
    const answered = await after(999_999_999).get('/chat/my-chat/messages')
    expectProblem(answered, '/chat', { status: 400, code: 'position_beyond_head', field: 'Min-Log-Position' })
  })

  it.each(
    ['', 'x', '-1', '1.5', '1e3', '0x10', '1 2', '9'.repeat(16), '٣', 'null'].filter((text) =>
      /^[\0-\xff]*$/.test(text),
    ),
  )('cannot be %j', async (text) => {
    expectProblem(await after(text).get('/chat/my-chat/messages'), '/chat', {
      status: 400,
      code: 'invalid',
      field: 'Min-Log-Position',
    })
  })
})

describe('while a read model is paused', () => {
  let admin: Client

  beforeAll(async () => {
    admin = await world.account(here)
    await world.closeAtEnd(await Database.of(world)).grant(admin.id, 'admin')
  })

  const whilePaused = async (name: string, work: () => Promise<void>) => {
    expect((await admin.post(`/ops/projections/${name}/pause`)).status).toBe(200)
    try {
      await work()
    } finally {
      await admin.post(`/ops/projections/${name}/resume`)
    }
  }

  it('what was done and cannot be shown is 503, says that it was done, and is there later', async () => {
    let written = 0
    await whilePaused('chats', async () => {
      for (const client of [ann, ann.at(there)]) {
        const made = await client.post('/api/chats', { title: 'A new one' })
        written = positionOf(made)
        expectProblem(made, '/api', { status: 503, code: 'projection_behind' })
        expect(made.body.detail).toMatch(
          new RegExp(
            `^it was done and is in the log at position ${written}, .*\\(chats\\).* Min-Log-Position: ${written}$`,
          ),
        )
        expect(made.headers.get('retry-after')).toBe('1')
      }
    })
    const { body } = await after(written).get(`/user/${ann.id}/list-chats`)
    expect(body.chats).toHaveLength(2)
  })

  it('what was done is answered, and the answer names the models that do not show it', async () => {
    await ann.post('/chat/my-chat/send', { text: 'Hello' })
    await whilePaused('chats', async () => {
      const sent = await ann.post('/chat/my-chat/send', { text: 'Hello' })
      expect(sent).toMatchObject({ status: 200, body: { status: 'completed' } })
      expect(sent.headers.get('read-models-behind')).toMatch(/^chats;position=\d+$/)
      const read = await after(positionOf(sent)).get('/chat/my-chat/messages')
      expect(read.status).toBe(200)
      expect(read.headers.get('read-models-behind')).toMatch(/^chats;position=\d+$/)
    })
    const sent = await ann.post('/chat/my-chat/send', { text: 'Hello' })
    expect(sent.headers.get('read-models-behind')).toBeNull()
  })

  it('a read that asks for no position is told what the model has', async () => {
    const header = async () => (await ann.get('/chat/my-chat/messages')).headers.get('read-models-behind')
    await whilePaused('messages', async () => {
      expect(await eventually(header, (value) => value !== null)).toMatch(/^messages;position=\d+$/)
    })
    await eventually(header, (value) => value === null)
  })

  it('what cannot be found there may exist, for those who say what they have seen', async () => {
    await ann.post('/chat/my-chat/send', { text: 'Hello' })
    await whilePaused('messages', async () => {
      const { headers, body } = await ann
        .with({ prefer: 'respond-async' })
        .post('/chat/my-chat/send', { text: 'Later' })
      const position = Number(headers.get('log-position'))
      const read = await after(position).get(`/chat/replies/${body.messageId}`)
      expectProblem(read, '/chat', { status: 503, code: 'projection_behind' })
      expect(read.body.detail).toBe(
        'it may be missing only from the read models that are behind (messages); read it again later',
      )
    })
  })
})
