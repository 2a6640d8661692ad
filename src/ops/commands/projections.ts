import type { INestApplicationContext } from '@nestjs/common'
import { Db } from 'mongodb'
import { Checkpoint } from '../../event-store/checkpoint.js'
import { Engine } from '../../event-store/engine.js'
import { EventStoreError } from '../../event-store/errors.js'
import { pause } from '../../event-store/retryable.js'
import type { OpsCommand } from './command.js'

export const projectionsList: OpsCommand = {
  words: 'projections list',
  about: 'List the read models: how far each has come, and what keeps it from going on',
  async run(app, _, terminal) {
    const { projections, store } = app.get(Engine)
    const [head, checkpoints] = await Promise.all([store.head(), projections.list()])
    const rows = projections.all.map(({ name, version }) => {
      const at = checkpoints.find(({ _id }) => _id === name)
      if (!at) return [name, String(version), 'not begun', '0', String(head), '']
      const error = at.error ? `event ${at.error.position}: ${at.error.message}` : ''
      return [name, String(at.version), at.state, String(at.position), String(Math.max(0, head - at.position)), error]
    })
    terminal.table([['projection', 'version', 'state', 'position', 'behind', 'error'], ...rows])
  },
}

export const projectionsRebuild: OpsCommand = {
  words: 'projections rebuild',
  about: 'Build a read model anew from the log, then put it in the place of the present one; reads go on meanwhile',
  arguments: ['name'],
  async run(app, { arguments: [name = ''] }, terminal) {
    const { projections, store } = app.get(Engine)
    mustBeOne(app, name)
    const head = await store.head()
    const [certificate] = await terminal.watch(name, (update) =>
      projections.rebuild([name], { onProgress: (_, position) => update(position, Math.max(position, head)) }),
    )
    const { version, position, digest, root } = certificate!
    terminal.say(`${name} is rebuilt: version ${version}, ${position} events, digest ${digest}, log root ${root}`)
  },
}

const setState = (words: string, about: string, state: 'paused' | 'live'): OpsCommand => ({
  words,
  about,
  arguments: ['name'],
  async run(app, { arguments: [name = ''] }, terminal) {
    mustBeOne(app, name)
    const checkpoint = new Checkpoint(app.get(Db), name, 'operator')
    await checkpoint.setState(state)
    if (state === 'paused') await standsStill(app, checkpoint)
    terminal.say(`${name} is ${state}`)
  },
})

/** Whoever projects it notices with the next step, and gives it up; one that died has it for two seconds more. */
async function standsStill(app: INestApplicationContext, checkpoint: Checkpoint): Promise<void> {
  const isHeld = ({ owner, until }: { owner?: string; until?: Date }) => owner !== undefined && until !== undefined && until > new Date()
  for (let at = await checkpoint.read(); at && at.state === 'paused' && isHeld(at); at = await checkpoint.read()) {
    app.get(Engine).wake.rouse('log') // it may be waiting for events
    await pause(50)
  }
}

export const projectionsPause = setState('projections pause', 'Keep a read model as it is; what happens meanwhile is not lost to it', 'paused')
export const projectionsResume = setState('projections resume', 'Let a read model that was paused, or has failed, go on', 'live')

function mustBeOne(app: INestApplicationContext, name: string): void {
  const names = app.get(Engine).projections.all.map((projection) => projection.name)
  if (names.includes(name)) return
  throw new EventStoreError('unknown_projection', `there is no projection ${name}; there are ${names.join(', ')}`, { name })
}
