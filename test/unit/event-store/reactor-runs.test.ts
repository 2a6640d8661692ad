import { Lease } from '../../../src/event-store/projecting/lease.js'
import type { LeaseDocument } from '../../../src/event-store/projecting/lease-document.js'
import { reactor, ReactorRunner } from '../../../src/event-store/projecting/reactor.js'
import { pause } from '../../../src/event-store/timing.js'
import type { NotebookEvents } from '../../support/event-store/notebooks.js'
import { type CalmWorld, inSimulatedTime } from '../../support/simulation/calm.js'
import { traced } from '../../support/telemetry/finished-spans.js'
import { NotebookLog } from '../../support/simulation/notebook-log.js'

const written = (noteId: string) => ({ type: 'NoteWritten', data: { notebookId: '1', noteId, ownerId: 'ann' } })
const closed = { type: 'NotebookClosed', data: { notebookId: '1' } }

interface Scene {
  log: NotebookLog
  /** Which notes were sent, and when. */
  sent: string[]
  /** What happens to a note. */
  send: { (noteId: string): Promise<void> | void }[]
  runner: () => ReactorRunner
  lease: () => Promise<LeaseDocument | null>
  world: CalmWorld
}

const scene =
  (tell: (scene: Scene) => Promise<void>): (() => Promise<void>) =>
  () =>
    inSimulatedTime(async (world) => {
      const log = new NotebookLog(world)
      const sent: string[] = []
      const send: Scene['send'] = [(noteId) => void sent.push(noteId)]
      const letters = reactor<NotebookEvents>('letters', {
        NoteWritten: async ({ data: { noteId } }) => await send[0]!(noteId),
      })
      const running: ReactorRunner[] = []
      const runner = () => {
        const one = new ReactorRunner(log.context, letters)
        one.start()
        running.push(one)
        return one
      }
      await tell({ log, sent, send, runner, world, lease: () => new Lease(world.db, 'reactor:letters', 'you').read() })
      await Promise.all(running.map((one) => one.stop()))
    })

describe('a reactor', () => {
  it(
    'stores how far it is when nothing is left to do, also past events of others',
    scene(async ({ log, sent, runner, lease }) => {
      log.append([written('a'), closed, written('b')])
      log.append([closed])
      runner()
      await pause(100)
      expect(sent).toEqual(['a', 'b'])
      await pause(1_500)
      expect(await lease()).toMatchObject({ position: 4, owner: 'me', version: 1, state: 'live' })
      log.append([closed])
      await pause(1_500)
      expect(await lease()).toMatchObject({ position: 5 })
      expect(sent).toEqual(['a', 'b'])
    }),
  )

  it(
    'tries again what has failed, after pauses that grow to half a minute',
    scene(async ({ log, sent, send, runner, lease, world }) => {
      const attempts: number[] = []
      let isBroken = true
      send[0] = (noteId) => {
        attempts.push(world.time.now)
        if (isBroken) throw new Error('no stamps')
        sent.push(noteId)
      }
      log.append([written('a'), written('b')])
      runner()
      await pause(5 * 60_000)
      const pauses = attempts.slice(1).map((at, i) => Math.round((at - attempts[i]!) / 100) * 100)
      expect(pauses.slice(0, 4)).toEqual([100, 200, 400, 800])
      expect(pauses.slice(-2)).toEqual([30_000, 30_000])
      const error = { position: 1, message: 'no stamps', at: expect.any(Date) }
      expect(await lease()).toMatchObject({ position: 0, error, owner: 'me' })
      expect(log.errors.slice(0, 2)).toEqual([
        ['letters', new Error('no stamps')],
        ['letters', new Error('no stamps')],
      ])
      isBroken = false
      await pause(31_000)
      expect(sent).toEqual(['a', 'b'])
      expect(await lease()).toMatchObject({ position: 2 })
      expect(await lease()).not.toHaveProperty('error')
    }),
  )

  it(
    'says what went wrong, also when it is no error',
    scene(async ({ log, send, runner, lease }) => {
      send[0] = () => Promise.reject('out of ink')
      log.append([written('a')])
      runner()
      await pause(1_000)
      expect((await lease())?.error).toMatchObject({ position: 1, message: 'out of ink' })
    }),
  )

  it(
    'begins with the event that it could not handle when it is started again',
    scene(async ({ log, sent, send, runner, lease }) => {
      const working = send[0]!
      send[0] = (noteId) => {
        if (noteId === 'b') throw new Error('no stamps')
        return working(noteId)
      }
      log.append([written('a')])
      const first = runner()
      await pause(1_500)
      log.append([written('b'), written('c')])
      await pause(1_000)
      await first.stop()
      expect(await lease()).toMatchObject({ position: 1 })
      expect(await lease()).not.toHaveProperty('owner')
      send[0] = working
      runner()
      await pause(1_000)
      expect(sent).toEqual(['a', 'b', 'c'])
    }),
  )

  it(
    'does nothing while another process runs it, and goes on when that is gone',
    scene(async ({ log, sent, runner, world }) => {
      const yours = new Lease(world.db, 'reactor:letters', 'you')
      await yours.ensure(1)
      const held = await yours.acquire()
      log.append([written('a'), written('b')])
      runner()
      await pause(1_000)
      expect(sent).toEqual([])
      await yours.advance(held!, 1)
      await yours.release()
      await pause(2_000)
      expect(sent).toEqual(['b'])
      expect(log.errors).toEqual([])
    }),
  )

  it(
    'keeps its lease while a side effect takes long',
    scene(async ({ log, sent, send, runner, world }) => {
      send[0] = async (noteId) => {
        await pause(10_000)
        sent.push(noteId)
      }
      log.append([written('a')])
      runner()
      await pause(9_000)
      const yours = new Lease(world.db, 'reactor:letters', 'you')
      expect(await yours.acquire()).toBeNull()
      await pause(2_000)
      expect(sent).toEqual(['a'])
    }),
  )

  it(
    'does nothing while it is not live',
    scene(async ({ log, sent, runner, world }) => {
      const yours = new Lease(world.db, 'reactor:letters', 'you')
      await yours.ensure(1)
      await yours.applyDecision(1, {}, 'paused')
      log.append([written('a')])
      runner()
      await pause(5_000)
      expect(sent).toEqual([])
      await yours.applyDecision(2, {}, 'live')
      await pause(1_000)
      expect(sent).toEqual(['a'])
    }),
  )

  it(
    'stops quietly when it has lost its lease, and goes on where the other one has come',
    scene(async ({ log, sent, send, runner, lease, world }) => {
      const working = send[0]!
      send[0] = async (noteId) => {
        await pause(500)
        await working(noteId)
      }
      log.append([written('a')])
      runner()
      await pause(300)
      const { _id, ...fields } = (await lease())!
      world.put('checkpoints', { _id, ...fields, owner: 'you', position: 2, until: new Date(Date.now() + 3_000) })
      await pause(2_000)
      log.append([written('b'), written('c')])
      await pause(6_000)
      expect(sent).toEqual(['a', 'c'])
      expect(log.errors).toEqual([])
    }),
  )

  it(
    'reports what else goes wrong, and goes on',
    scene(async ({ log, sent, runner, world }) => {
      jest.spyOn(world.db, 'command').mockRejectedValueOnce(new Error('no primary'))
      log.append([written('a')])
      runner()
      await pause(2_000)
      expect(sent).toEqual(['a'])
      expect(log.errors).toEqual([['letters', new Error('no primary')]])
    }),
  )

  it('needs nobody who hears of errors', () =>
    inSimulatedTime(async (world) => {
      const log = new NotebookLog(world)
      let attempts = 0
      const letters = reactor<NotebookEvents>('letters', {
        NoteWritten: async () => {
          if (++attempts === 1) throw new Error('no stamps')
        },
      })
      log.append([written('a')])
      const running = new ReactorRunner({ ...log.context, onError: undefined }, letters)
      const warnings = jest.spyOn(process, 'emitWarning')
      jest.spyOn(world.db, 'command').mockRejectedValueOnce(new Error('no primary'))
      running.start()
      await pause(300)
      expect(log.documents('checkpoints')).toMatchObject([{ error: { message: 'no stamps' } }])
      await pause(1_000)
      expect([attempts, warnings.mock.calls]).toEqual([2, []])
      warnings.mockRestore()
      await running.stop()
    }))
})

describe('a reaction', () => {
  const finished = traced()

  it(
    'is part of the trace that led to its event, and makes none where there was none',
    scene(async ({ log, sent, runner }) => {
      log.append([written('a')])
      log.append([written('b')], { trace: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` })
      runner()
      await pause(1_000)
      expect(sent).toEqual(['a', 'b'])
      expect(finished()).toMatchObject([{ name: 'react letters', attributes: { 'verbatim.position': 2 } }])
      expect(finished()[0]!.spanContext().traceId).toBe('a'.repeat(32))
    }),
  )
})
