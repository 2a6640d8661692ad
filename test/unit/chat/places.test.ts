import type { FakeOpenAi } from '../../support/llm/fake-openai.js'
import { following, Reader } from '../../support/chat/reader.js'
import { type Client, World } from '../../support/world.js'

/** One process that answers one prompt at a time. */
let model: FakeOpenAi
let world: World
let here: Client

beforeAll(async () => {
  ;({ model, world } = await World.withModel({ WORKER_CONCURRENCY: '1' }))
  here = await world.account(await world.start().url())
  model.answerWith('One two three')
})

afterAll(() => world?.end())

const later = { prefer: 'respond-async' }

/** A prompt that the model begins to answer, and does not go on with until it is told to. */
async function takeTheOnlyPlace(chat: string) {
  let goOn = () => {}
  model.failNext({ fault: 'stall', at: 1, until: new Promise<void>((resolve) => (goOn = resolve)) })
  const asked = model.requests.length
  const { body } = await here.with(later).post(`/chat/${chat}/send`, { text: 'Hello' })
  await model.requested(asked + 1)
  return { goOn, replyId: body.messageId as string }
}

describe('a prompt that finds no place in its process', () => {
  it('is answered when there is one', async () => {
    const first = await takeTheOnlyPlace('first')
    const { body } = await here.with(later).post('/chat/second/send', { text: 'Hello' })
    first.goOn()
    for (const replyId of [first.replyId, body.messageId])
      expect(await new Reader().read(here, following(replyId))).toMatchObject({ text: 'One two three' })
  })

  it('ends at once when it is cancelled, and the model is not asked', async () => {
    const first = await takeTheOnlyPlace('taken')
    const asked = model.requests.length
    await here.with(later).post('/chat/waiting/send', { text: 'Hello' })
    const { body } = await here.post('/chat/waiting/cancel')
    expect(body).toMatchObject({ status: 'cancelled', text: '' })
    expect(model.requests.length).toBe(asked)
    first.goOn()
    await new Reader().read(here, following(first.replyId))
  })

  it('comes from the queue, where another process may take it, when it has waited for a second', async () => {
    const first = await takeTheOnlyPlace('long')
    const { status, body } = await here.post('/chat/from-queue/send', { text: 'Hello' })
    expect({ status, body }).toMatchObject({ status: 200, body: { text: 'One two three' } })
    first.goOn()
    await new Reader().read(here, following(first.replyId))
  })

  it('is in line one after the other, and nobody is forgotten', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, at) => here.post(`/chat/many-${at}/send`, { text: 'Hello' })),
    )
    expect(answers.map(({ body }) => body.text)).toEqual(answers.map(() => 'One two three'))
  })
})
