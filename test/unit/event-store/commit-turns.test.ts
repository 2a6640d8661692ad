import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { pause } from '../../../src/event-store/timing.js'
import { eventually } from '../../support/event-store/engines.js'
import { inSimulatedTime } from '../../support/simulation/calm.js'
import { MemoryRedis } from '../../support/simulation/memory-redis.js'
import { type CommitTurn, CommitTurns } from '../../../src/event-store/log/commit-turns.js'

let redis: Redis
let scope: string
const made: CommitTurns[] = []

beforeEach(async () => {
  scope = `test:${randomBytes(6).toString('hex')}`
  redis = new Redis(process.env.VERBATIM_TEST_REDIS_URL!, { connectionName: scope })
  await redis.ping()
})
afterEach(() => {
  for (const turns of made.splice(0)) turns.close()
  redis.disconnect()
})

function join(name: string, aloneAfterMs = 60_000): CommitTurns {
  const turns = new CommitTurns(redis, scope, name, 400, aloneAfterMs) // a busy machine answers late
  made.push(turns)
  return turns
}
const tokens = () => redis.llen(`${scope}:turn`)
const head = (position: number) => ({ position, at: position * 10 })

async function settled(): Promise<number> {
  await redis.ping() // everything sent before has been carried out
  return tokens()
}

describe('taking turns', () => {
  it('costs nothing while nobody was met', async () => {
    const turn = await join('a').take()
    turn.end(head(1))
    expect(await settled()).toBe(0)
  })

  it('is begun once by the first who meets another one', async () => {
    const [a, b] = [join('a'), join('b')]
    for (let i = 0; i < 3; i++) a.noteCollision()
    b.noteCollision()
    expect(await settled()).toBe(1)
    expect(await redis.get(`${scope}:turn:generation`)).toBe('1')
    expect((await a.take()).head).toBeUndefined() // nobody has committed in a turn
  })

  it('is left by nobody who has just met another one', async () => {
    const [a, b] = [join('a', -1), join('b')]
    a.noteCollision()
    b.noteCollision()
    ;(await b.take()).end(head(1))
    ;(await a.take()).end(head(2)) // its token was b's
    expect((await a.take()).head).toEqual(head(2))
  })

  it('waits longer where turns take long', async () => {
    const [a, b] = [join('a'), join('b')]
    a.noteCollision()
    b.noteCollision()
    const long = await b.take()
    await pause(400)
    long.end(head(1))
    const turn = await a.take()
    setTimeout(() => turn.end(head(2)), 350)
    expect((await b.take()).head).toEqual(head(2))
  })

  it('needs no Redis', async () => {
    const a = join('a')
    a.noteCollision()
    ;(await a.take()).end(head(1))
    const away = new Promise((resolve) => redis.once('end', resolve))
    redis.disconnect()
    await away
    const turn = await a.take()
    expect(turn.head).toBeUndefined()
    turn.end(head(2))
  })

  it('leaves no connection behind', async () => {
    const connections = async () => String(await redis.client('LIST')).split(`name=${scope} `).length - 1
    const [a, b] = [join('a'), join('b')]
    a.noteCollision()
    b.noteCollision()
    for (const turns of [a, b]) await turns.take()
    expect(await connections()).toBe(3) // one of each, and the one that all share
    a.close()
    b.close()
    expect(await eventually(connections, (count) => count === 1)).toBe(1)
  })

  it('carries the head from one to the next, one at a time', async () => {
    const [a, b] = [join('a'), join('b')]
    a.noteCollision()
    b.noteCollision()
    const first = await a.take()
    let second: CommitTurn | undefined
    const waiting = b.take().then((turn) => (second = turn))
    await redis.ping()
    expect(second).toBeUndefined()
    first.end(head(7))
    await waiting
    expect(second!.head).toEqual(head(7))
  })

  it('never has two tokens, whoever loses or finds one', async () => {
    const members = ['a', 'b', 'c'].map((name) => join(name))
    for (const member of members) member.noteCollision()
    let inTurn = 0
    let most = 0
    await Promise.all(
      members.map(async (member, m) => {
        for (let i = 0; i < 30; i++) {
          const turn = await member.take()
          most = Math.max(most, ++inTurn)
          await new Promise((resolve) => setImmediate(resolve))
          inTurn--
          if (i % 10 !== m) turn.end(head(i)) // now and then a token is lost with its holder
        }
      }),
    )
    expect(most).toBeLessThanOrEqual(3)
    expect(await settled()).toBeLessThanOrEqual(1)
  })

  it('goes on without a token when its holder died, and puts one back', async () => {
    const [a, b] = [join('a'), join('b')]
    a.noteCollision()
    b.noteCollision()
    await a.take() // and never passes it on
    const turn = await b.take()
    expect(turn.head).toBeUndefined()
    turn.end(head(3))
    expect(await settled()).toBe(1)
    expect((await b.take()).head).toEqual(head(3))
  })

  it('drops a token that comes back after another has taken its place', async () => {
    const [a, b] = [join('a'), join('b')]
    a.noteCollision()
    b.noteCollision()
    const late = await a.take()
    const turn = await b.take()
    turn.end(head(3))
    late.end(head(2))
    expect(await settled()).toBe(1)
    expect((await b.take()).head).toEqual(head(3))
  })

  it('finds a token again after Redis has forgotten everything', async () => {
    const a = join('a')
    a.noteCollision()
    ;(await a.take()).end(head(1))
    ;(await a.take()).end(head(2))
    await redis.del(`${scope}:turn`, `${scope}:turn:generation`)
    // Where Redis answers late, turns are taken without it for a while.
    for (let i = 3; (await settled()) === 0; i++) {
      ;(await a.take()).end(head(i))
      await pause(20)
    }
    expect(await tokens()).toBe(1)
  })

  it('ends when every token of a while was its own', async () => {
    const a = join('a', -1)
    a.noteCollision()
    ;(await a.take()).end(head(1))
    ;(await a.take()).end(head(2))
    await redis.del(`${scope}:turn`)
    ;(await a.take()).end(head(3))
    expect(await settled()).toBe(0)
  })
})

describe('taking turns with a Redis that is there', () => {
  /** How often a token is asked for, of a Redis that answers so. */
  async function asked(answer: () => Promise<null>, takes: (turns: CommitTurns) => Promise<void>): Promise<number> {
    let count = 0
    await inSimulatedTime(async () => {
      const memory = new MemoryRedis()
      const blpop = () => (count++, answer())
      Object.assign(memory, {
        evalsha: async () => '1',
        duplicate: () => Object.assign(new MemoryRedis(memory), { blpop }),
      })
      const turns = new CommitTurns(memory.asRedis, scope, 'a', 100)
      turns.noteCollision()
      await takes(turns)
      turns.close()
    })
    return count
  }
  const never = () => new Promise<null>(() => {})

  it('but does not answer goes on without it, and asks again after five seconds', async () => {
    const takes = async (turns: CommitTurns) => {
      for (let i = 0; i < 10; i++) (await turns.take()).end(undefined)
      await pause(4_700)
      await turns.take()
    }
    expect(await asked(never, takes)).toBe(1)
    const again = async (turns: CommitTurns) => {
      await takes(turns)
      await pause(500)
      await turns.take()
    }
    expect(await asked(never, again)).toBe(2)
  })

  it('but answers with an error goes on without a token, and asks again the next time', async () => {
    const takes = async (turns: CommitTurns) => {
      for (let i = 0; i < 3; i++) (await turns.take()).end(undefined)
    }
    expect(await asked(() => Promise.reject(new Error('READONLY')), takes)).toBe(3)
    expect(await asked(async () => null, takes)).toBe(3)
  })
})
