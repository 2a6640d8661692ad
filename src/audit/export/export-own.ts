import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { Engine } from '../../event-store/engine.js'
import type { Cause } from '../../commands/cause.js'
import { Evidence } from '../evidence/evidence.js'
import { exportLines } from './export-lines.js'
import { LogScan, type ScannedPart } from '../history/log-scan.js'
import { Checkpoints } from '../../notary/checkpoints.js'
import type { SignedTree } from '../../notary/signed-tree.js'
import { OwnStreams } from './own-streams.js'

/** Everything that is stored about an account, opened for its owner; the read is recorded. */
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
    private readonly scan: LogScan,
    private readonly evidence: Evidence,
    private readonly checkpoints: Checkpoints,
  ) {}

  /** Each event with its path to the signed root: other accounts’ events are not in it, so nobody can build the tree. */
  async execute({ cause, userId }: ExportOwn): Promise<AsyncIterable<string>> {
    const tree = await this.checkpoints.coveringOrLatest(await this.engine.store.head())
    const streams = await this.streams.of(userId)
    await this.evidence.record(cause, { what: 'own-export', of: userId, upTo: tree.size, opened: true })
    return this.lines(userId, streams, tree)
  }

  private async *lines(userId: string, streams: readonly string[], tree: SignedTree): AsyncGenerator<string> {
    const first = { export: 'verbatim@v1', origin: tree.origin, keys: tree.keys, checkpoint: tree.note }
    yield `${JSON.stringify(first)}\n`
    yield* exportLines(this.engine.vault, this.eventsOf(userId, streams, tree.size), true, (position) =>
      tree.path(position),
    )
  }

  /** Only events of this account, even if a read model named a stream that is not its own. */
  private async *eventsOf(user: string, streams: readonly string[], upTo: number): AsyncGenerator<ScannedPart> {
    for (const stream of streams) yield* this.scan.read({ stream, user, from: 1, upTo })
  }
}
