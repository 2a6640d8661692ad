import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { Engine } from '../../event-store/engine.js'
import type { Cause } from '../../commands/cause.js'
import { tileWidth } from '../../proof/tiles.js'
import { beyondHead } from '../history/requested-history.js'
import { Evidence } from '../history/evidence.js'
import { exportLines } from './export-lines.js'
import { History } from '../history/history.js'
import { Checkpoints } from '../../notary/checkpoints.js'
import type { SignedTree } from '../../notary/signed-tree.js'

/** The log from a position on, with all that is needed to verify it without us. */
export class ExportLog extends Query<LogExport> {
  constructor(
    readonly cause: Cause,
    /** What one has already. */
    readonly after: number,
    /** Open the personal words, too. */
    readonly open: boolean,
    /** The file has a first line already: only what comes after it. */
    readonly goesOn = false,
  ) {
    super()
  }
}

export interface LogExport {
  /** The last position in it, which is the size of the checkpoint at its end. */
  upTo: number
  /** Some lines at a time. */
  lines: AsyncIterable<string>
}

const leavesAtOnce = 16 * tileWidth

@QueryHandler(ExportLog)
export class ExportLogHandler implements IQueryHandler<ExportLog> {
  constructor(
    private readonly engine: Engine,
    private readonly evidence: Evidence,
    private readonly history: History,
    private readonly checkpoints: Checkpoints,
  ) {}

  /** Ends with what was there when it began; what it leaves as evidence of itself is for the next. */
  async execute({ cause, after, open, goesOn }: ExportLog): Promise<LogExport> {
    const head = await this.engine.store.head()
    if (after > head) throw beyondHead('after', after, head)
    const tree = await this.checkpoints.nearest(head)
    await this.evidence.record(cause, { what: 'export', from: after + 1, upTo: tree.size, opened: open })
    return { upTo: tree.size, lines: this.lines(tree, after, open, goesOn) }
  }

  private async *lines(tree: SignedTree, after: number, open: boolean, goesOn: boolean): AsyncGenerator<string> {
    if (!goesOn)
      yield lineOf({
        export: 'verbatim@v1',
        origin: tree.origin,
        keys: tree.keys,
        after,
        edge: await tree.edgeAt(after),
      })
    for (let from = after + 1; from <= tree.size; from += leavesAtOnce) {
      const upTo = Math.min(from + leavesAtOnce - 1, tree.size)
      yield lineOf({ from, leaves: await tree.leaves(from, upTo) })
      yield* exportLines(this.engine.vault, this.history.walk({ from, upTo }), open)
    }
    yield lineOf({ checkpoint: tree.note })
  }
}

const lineOf = (value: object) => `${JSON.stringify(value)}\n`
