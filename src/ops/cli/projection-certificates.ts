import { QueryBus } from '@nestjs/cqrs'
import { type CliCommand, UsageError } from '../../cli/command.js'
import { ListCertificates } from '../projections/list-certificates.js'

const defaultLimit = 20

export const projectionsCertificates: CliCommand = {
  name: 'projections certificates',
  about: 'List the certificates of a read model’s rebuilds, newest first',
  details: 'differing: documents of the replaced model that were not what the log says; - if it was not compared.',
  arguments: ['name'],
  options: { limit: 'number' },
  async run(app, { arguments: [name = ''], options: { limit = String(defaultLimit) } }, terminal) {
    if (!/^[1-9]\d{0,3}$/.test(limit)) throw new UsageError(`--limit: ${limit} is not a number from 1 to 9999`)
    const { items } = await app.get(QueryBus).execute(new ListCertificates(name, { limit: Number(limit) }))
    const rows = items.map(({ at, version, position, skipped = [], digest, root, live }) => [
      at.toISOString(),
      String(version),
      String(position),
      skipped.join(',') || '-',
      digest,
      root,
      !live ? '-' : live.differing === 0 ? 'none' : `${live.differing}: ${live.ids.join(',')}`,
    ])
    if (rows.length > 0)
      terminal.table([['at', 'version', 'position', 'skipped', 'digest', 'log root', 'differing'], ...rows])
    else terminal.say(`${name} was never rebuilt`)
  },
}
