import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { Engine } from '../../event-store/engine.js'
import type { Cause } from '../../commands/cause.js'
import { Evidence } from '../history/evidence.js'
import { exportLines } from './export-lines.js'
import { History, type Stretch } from '../history/history.js'
import { Checkpoints } from '../../notary/checkpoints.js'
import type { SignedTree } from '../../notary/signed-tree.js'
import { OwnStreams } from './own-streams.js'

/** All that is kept of an account, opened for itself and recorded. */
export class ExportOwn extends Query<AsyncIterable<string>> {
  constructor(
    readonly cause: Cause,
    readonly userId: string,
  ) {
    super()
  }
}

@QueryHandler(ExportOwn)
export class ExportOwnHandler implements IQueryHandler<ExportOwn> {
  constructor(
    private readonly engine: Engine,
    private readonly streams: OwnStreams,
    private readonly history: History,
    private readonly evidence: Evidence,
    private readonly checkpoints: Checkpoints,
  ) {}

  /** Each event with its path to what was signed, for nobody else’s events are there to build the tree of. */
  async execute({ cause, userId }: ExportOwn): Promise<AsyncIterable<string>> {
    const tree = await this.checkpoints.nearest(await this.engine.store.head())
    const streams = await this.streams.of(userId)
    await this.evidence.record(cause, { what: 'own-export', of: userId, upTo: tree.size, opened: true })
    return this.lines(userId, streams, tree)
  }

  private async *lines(userId: string, streams: readonly string[], tree: SignedTree): AsyncGenerator<string> {
    const first = { export: 'verbatim@v1', origin: tree.origin, keys: tree.keys, checkpoint: tree.note }
    yield `${JSON.stringify(first)}\n`
    yield* exportLines(this.engine.vault, this.oneByOne(userId, streams, tree.size), true, (position) =>
      tree.path(position),
    )
  }

  /** Only what concerns this account, whatever the read models said was its own. */
  private async *oneByOne(user: string, streams: readonly string[], upTo: number): AsyncGenerator<Stretch> {
    for (const stream of streams) yield* this.history.walk({ stream, user, from: 1, upTo })
  }
}
