import { Redis } from 'ioredis'
import { Reader, sending } from '../support/chat/reader.js'
import { ReplyLog } from '../support/chat/reply-log.js'
import { type Client, World } from '../support/world.js'
import { eventually } from '../support/event-store/engines.js'
import type { ServiceProcess } from '../support/service-process.js'
import { command, type Fault, type Moment, Proxy, redisCommand, withField } from './proxy.js'
import { held } from './strikes.js'

let world: World
let log: ReplyLog
let redis: Redis
let me: Client
let prompts = 0
/** Between the workers and their engines. */
let mongoProxy: Proxy
let redisProxy: Proxy
/** The one that the next test strikes: it went on in the test before. */
let victim: ServiceProcess

beforeAll(async () => {
  ;({ world } = await World.withModel())
  log = world.closeAtEnd(await ReplyLog.of(world))
  redis = new Redis(process.env.VERBATIM_TEST_REDIS_URL!)
  mongoProxy = await Proxy.before(portOf(process.env.VERBATIM_TEST_MONGODB_URI!), 'mongodb')
  redisProxy = await Proxy.before(portOf(process.env.VERBATIM_TEST_REDIS_URL!), 'redis')
  const api = world.spawn({ ROLES: 'api,projector' })
  ;[me, victim] = await Promise.all([api.url().then((url) => world.account(url)), startWorker()])
})

afterAll(async () => {
  await world?.end()
  await Promise.all([mongoProxy?.close(), redisProxy?.close()])
  redis?.disconnect()
})

const portOf = (uri: string) => Number(new URL(uri).port)

const both =
  (...all: Fault['at'][]): Fault['at'] =>
  (message) =>
    all.every((at) => at(message))

const about =
  (...texts: string[]): Fault['at'] =>
  (message) =>
    texts.every((text) => message.includes(text))

const not =
  (at: Fault['at']): Fault['at'] =>
  (message) =>
    !at(message)

/** A job's content is sent once: when it is put into the queue. */
const enqueues = about('"replyId":')

/** Of the worker, which asks now and then: when there is something to take. */
function takes(): Fault['at'] {
  let isThere = false
  const asks = both(about(':replies:limiter'), not(about(':replies:completed')))
  return (message) => {
    isThere ||= enqueues(message)
    return isThere && asks(message)
  }
}

/** What a worker does for one prompt, in this order. */
const steps: Record<string, { engine: 'mongo' | 'redis'; at: () => Fault['at'] }> = {
  'putting the prompt into the queue': { engine: 'redis', at: () => enqueues },
  'taking it from the queue': { engine: 'redis', at: takes },
  'writing its hold': { engine: 'redis', at: () => both(redisCommand('set'), about(':running:')) },
  'reading the chat': { engine: 'mongo', at: () => withField(command('find', 'log'), 'stream') },
  'telling what the model says': { engine: 'redis', at: () => both(redisCommand('evalsha'), about(':reply:')) },
  'recording the answer': { engine: 'mongo', at: () => command('insert', 'log') },
  'forgetting what it has told': { engine: 'redis', at: () => both(redisCommand('del'), about(':reply:')) },
  'removing its hold': { engine: 'redis', at: () => both(redisCommand('del'), about(':running:')) },
  'taking the prompt off the queue': { engine: 'redis', at: () => both(about(':replies:completed'), not(enqueues)) },
}

/** Killed after a step, it leaves what it would leave before the next one. */
const crashes: { moment: Moment; step: string }[] = [
  { moment: 'before', step: 'putting the prompt into the queue' },
  ...Object.keys(steps).map((step) => ({ moment: 'after' as const, step })),
  { moment: 'during', step: 'recording the answer' },
]

/** Resolves when the fault has struck. */
function arm(step: string, fault: Omit<Fault, 'at'>): Promise<void> {
  const { engine, at } = steps[step]!
  return (engine === 'mongo' ? mongoProxy : redisProxy).arm({ ...fault, at: at() })
}

async function startWorker(): Promise<ServiceProcess> {
  const worker = world.spawn({
    ROLES: 'worker',
    MONGODB_URI: mongoProxy.addressOf(world.mongodbUri),
    REDIS_URL: `redis://127.0.0.1:${redisProxy.port}`,
  })
  await worker.url()
  return worker
}

/** A prompt, and whoever reads its answer along; it takes the model a moment. */
function prompt(): { reader: Reader; text: string; read: Promise<Reader> } {
  const text = `${++prompts} and so on and so on and so on`
  const reader = new Reader()
  const read = reader.read(me, sending(`chat-${prompts}`, { text: `${text} [[fault:slow:20]]` }))
  return { reader, text: `You asked: ${text}`, read }
}

/** The reply has ended once, for everybody, and nothing of its writing is left. */
async function expectOneEnd({ reader, text, read }: ReturnType<typeof prompt>): Promise<void> {
  await read
  expect(reader).toMatchObject({ text, ended: { event: 'done', data: { text } } })
  const { body } = await me.get(`/chat/chat-${prompts}/messages`)
  expect(body.messages).toMatchObject([{ id: reader.promptId }, { id: reader.replyId, status: 'completed', text }])
  await eventually(
    () => redis.keys(`*${reader.replyId}*`),
    (keys) => keys.length === 0,
  )
  expect(await log.endOf(reader.replyId)).toMatchObject({ type: 'ReplyCompleted' })
  await log.expectOneEndEach(prompts)
}

describe('a worker', () => {
  it.each(crashes)(
    'killed $moment $step: another one sees to it that the reply ends once',
    async ({ moment, step }) => {
      const strike = async () => {
        await world.kill(victim)
        return 'cut' as const
      }
      const struck = arm(step, { moment, strike })
      const asked = prompt()
      await struck
      victim = await startWorker()
      await expectOneEnd(asked)
    },
  )

  it.each(['telling what the model says', 'recording the answer'])(
    'frozen before %s until another one has ended the reply: it adds nothing',
    async (step) => {
      const { until, release } = held()
      const strike = async () => {
        victim.process.kill('SIGSTOP')
        return 'go on' as const
      }
      const struck = arm(step, { moment: 'before', strike, until })
      const asked = prompt()
      await struck
      const other = world.spawn({ ROLES: 'worker' })
      await asked.read
      await world.kill(other)
      victim.process.kill('SIGCONT')
      release()
      await expectOneEnd(asked)
      // It is well, and has been through with the one before when it answers this one.
      await expectOneEnd(prompt())
    },
  )
})
