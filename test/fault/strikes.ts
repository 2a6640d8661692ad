import { command, type Fault, type Moment } from './proxy.js'
import { isShort } from '../support/short-run.js'
import type { Scene, Victim } from './scene.js'

const moments: Moment[] = ['before', 'during', 'after']
/** A short run strikes once at each step, before it or after it by turns. */
const momentsOf = (step: number): Moment[] => (isShort ? [step % 2 === 0 ? 'before' : 'after'] : moments)

/** Each of these steps with the moments at which it is struck. */
export const withMoments = <Step extends object>(steps: readonly Step[]): (Step & { moment: Moment })[] =>
  steps.flatMap((step, i) => momentsOf(i).map((moment) => ({ ...step, moment })))

/** A process is killed before, in and after each of the steps … */
export const eachMomentOf = (steps: Record<string, Fault['at']>) =>
  withMoments(Object.entries(steps).map(([step, at]) => ({ step, at })))

/** … or frozen at each of them, what it was about to send on the way. */
export const each = (steps: Record<string, Fault['at']>) =>
  Object.entries(steps).map(([step, at]) => ({ step, at, moment: 'before' as const }))

export const either =
  (...some: Fault['at'][]): Fault['at'] =>
  (message) =>
    some.some((at) => at(message))

/** A command on the shadow of a model, whatever that is called this time. */
export function onShadow(name: string, model: string): Fault['at'] {
  const named = command(name)
  return (message) => named(message) && message.subarray(0, 80).includes(`${model}~`)
}

export const kill = (victim: Victim) => async () => {
  victim.signal('SIGKILL')
  await victim.gone
  return 'cut' as const
}

export const freeze = (victim: Victim) => async () => {
  victim.signal('SIGSTOP')
  return 'go on' as const
}

/** Something that a test holds back until it says so. */
export function held() {
  let release = () => {}
  return { until: new Promise<void>((resolve) => (release = resolve)), release: () => release() }
}

/** Notebooks are opened, written, torn and closed while the victim projects them. */
export async function history(scene: Scene, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    const id = `h-${i}`
    const ownerId = `user-${i % 3}`
    const events = [
      { type: 'NotebookOpened', data: { notebookId: id, ownerId }, personal: { title: 'Diary' } },
      ...['a', 'b', 'c'].map((n) => ({
        type: 'NoteWritten',
        data: { notebookId: id, noteId: `${id}-${n}`, ownerId },
        personal: { text: n },
      })),
      { type: 'NoteTornOut', data: { notebookId: id, noteId: `${id}-b` } },
    ]
    await scene.bystander.store.append({
      stream: `notebook-${id}`,
      expected: 0,
      events,
      meta: { actor: ownerId, commandId: `${id}-1` },
    })
    if (i % 3 > 0) continue
    const closed = { type: 'NotebookClosed', data: { notebookId: id } }
    await scene.bystander.store.append({
      stream: `notebook-${id}`,
      expected: 5,
      events: [closed],
      meta: { actor: ownerId, commandId: `${id}-2` },
    })
  }
}
