import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { Engine } from '../../event-store/engine.js'
import type { Cause } from '../../commands/cause.js'
import { tileWidth } from '../../proof/tiles.js'
import { beyondHead } from '../history/history-request.js'
import { Evidence } from '../evidence/evidence.js'
import { exportLines } from './export-lines.js'
import { LogScan } from '../history/log-scan.js'
import { Checkpoints } from '../../notary/checkpoints.js'
import type { SignedTree } from '../../notary/signed-tree.js'

/** The log after a position, with everything that is needed to verify it offline. */
export class ExportLog extends Query<LogExport> {
  constructor(
    readonly cause: Cause,
    /** The last position that the reader already has. */
    readonly after: number,
    /** Whether to open personal data. */
    readonly open: boolean,
    /** The file has its first line already: leave that out. */
    readonly isContinued = false,
  ) {
    super()
  }
}

export interface LogExport {
  /** The last position of the export, which is the size of the checkpoint at its end. */
  upTo: number
  /** Each text holds some whole lines. */
  lines: AsyncIterable<string>
}

const leavesAtOnce = 16 * tileWidth

@QueryHandler(ExportLog)
export class ExportLogHandler implements IQueryHandler<ExportLog> {
  constructor(
    private readonly engine: Engine,
    private readonly evidence: Evidence,
    private readonly scan: LogScan,
    private readonly checkpoints: Checkpoints,
  ) {}

  /** Ends at the newest event when it began, so the evidence that it leaves comes with the next export. */
  async execute({ cause, after, open, isContinued: goesOn }: ExportLog): Promise<LogExport> {
    const head = await this.engine.store.head()
    if (after > head) throw beyondHead('after', after, head)
    const tree = await this.checkpoints.coveringOrLatest(head)
    await this.evidence.record(cause, { what: 'export', from: after + 1, upTo: tree.size, opened: open })
    return { upTo: tree.size, lines: this.lines(tree, after, open, goesOn) }
  }

  private async *lines(tree: SignedTree, after: number, open: boolean, goesOn: boolean): AsyncGenerator<string> {
    if (!goesOn)
      yield jsonLine({
        export: 'verbatim@v1',
        origin: tree.origin,
        keys: tree.keys,
        after,
        edge: await tree.edgeAt(after),
      })
    for (let from = after + 1; from <= tree.size; from += leavesAtOnce) {
      const upTo = Math.min(from + leavesAtOnce - 1, tree.size)
      yield jsonLine({ from, leaves: await tree.leaves(from, upTo) })
      yield* exportLines(this.engine.vault, this.scan.read({ from, upTo }), open)
    }
    yield jsonLine({ checkpoint: tree.note })
  }
}

const jsonLine = (value: object) => `${JSON.stringify(value)}\n`
