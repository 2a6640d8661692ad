import type { INestApplicationContext } from '@nestjs/common'
import { CommandBus, QueryBus } from '@nestjs/cqrs'
import { type CliCommand, operatorCause } from '../../cli/command.js'
import { Engine } from '../../event-store/engine.js'
import { RebuildProjection } from '../projections/rebuild-projection.js'
import { ListProjections, type ListedProjection } from '../projections/list-projections.js'

export const projectionsList: CliCommand = {
  name: 'projections list',
  about: 'List the read models: the position of each, its speed, and its error if it has failed',
  details:
    'behind: how many events it does not have yet; seconds: the age of the oldest of them. rate: events a second, recently.',
  async run(app, _, terminal) {
    const all = await app.get(QueryBus).execute(new ListProjections())
    terminal.table([
      ['projection', 'version', 'state', 'position', 'behind', 'seconds', 'rate', 'owner', 'skipped', 'notes'],
      ...all.map(rowOf),
    ])
  },
}

function rowOf({
  name,
  version,
  state,
  position,
  lag,
  rate,
  owner = '-',
  skipped,
  error,
  rebuild,
}: ListedProjection): string[] {
  const notes = [
    ...(error ? [error.message] : []),
    ...(rebuild
      ? [
          `rebuild to version ${rebuild.version} ${rebuild.state} at ${rebuild.position}${rebuild.error ? `: ${rebuild.error.message}` : ''}`,
        ]
      : []),
  ]
  const numbers = [position, lag.events, lag.seconds, rate].map(String)
  return [name, String(version), state.replace('_', ' '), ...numbers, owner, skipped.join(',') || '-', notes.join('; ')]
}

export const projectionsRebuild: CliCommand = {
  name: 'projections rebuild',
  about: 'Build a read model again from the log, then replace the present one; reads go on meanwhile',
  details:
    'It ends with a certificate: two rebuilds of one log have the same digest. Ctrl-C leaves the present one as it is.',
  arguments: ['name'],
  async run(app, { arguments: [name = ''] }, terminal) {
    const head = await app.get(Engine).log.glanceAtEnd()
    const certificate = await terminal.withProgress(name, (update) =>
      rebuild(app, name, terminal.signal, (position) => update(position, Math.max(position, head))),
    )
    const { version, position, digest, root, skipped = [], live } = certificate
    const without = skipped.length > 0 ? `, without ${skipped.join(', ')}` : ''
    terminal.say(
      `${name} is rebuilt: version ${version}, ${position} events${without}, digest ${digest}, log root ${root}`,
    )
    if (live && live.differing > 0)
      terminal.say(
        `${live.differing} documents of the model that it replaced were not what the log says: somebody may have changed them; the certificate names the first ones`,
      )
  },
}

async function rebuild(
  app: INestApplicationContext,
  name: string,
  signal: AbortSignal,
  onProgress: (position: number) => void,
) {
  const options = { signal, onProgress: (_: string, position: number) => onProgress(position) }
  const { certificate } = await app.get(CommandBus).execute(new RebuildProjection(operatorCause(), name, options))
  return await certificate! // the command is new, so the rebuild runs in this process
}
