import type { Vault } from '../../event-store/sealing/vault.js'
import { yieldEvery } from '../../event-store/timing.js'
import { exportLine } from './export-line.js'
import type { ScannedPart } from '../history/log-scan.js'
import { type LoggedEvent, positionOf } from '../history/event-selection.js'
import { openEnvelope } from '../history/event-view.js'

/** Gives the path from an event to the root, for exports whose lines are proven one by one. */
type PathOf = (position: number) => Promise<readonly string[]>

/** Events as lines of an export. A line without `opened` has no envelope, or one that cannot be opened. */
export async function* exportLines(
  vault: Vault,
  parts: AsyncIterable<ScannedPart>,
  open: boolean,
  pathOf?: PathOf,
): AsyncGenerator<string> {
  const isPlain = !open && !pathOf // the usual case, which waits for nothing
  const turn = yieldEvery()
  for await (const { events } of parts) {
    for (const piece of piecesOf(events)) {
      const lines = isPlain
        ? piece.map((event) => line(event))
        : await Promise.all(piece.map((event) => fullLine(vault, event, open, pathOf)))
      await turn()
      yield lines.join('') // also an empty text: a reader that has gone is noticed here
    }
  }
}

/** So many events, or bytes of envelopes, become lines without a break: some milliseconds. */
const [maxEvents, maxBytes] = [4, 64 * 1024]

function* piecesOf(events: readonly LoggedEvent[]): Generator<LoggedEvent[]> {
  let [piece, bytes]: [LoggedEvent[], number] = [[], 0]
  for (const event of events) {
    piece.push(event)
    bytes += event.append.events[event.index]!.personal?.length() ?? 0
    if (piece.length < maxEvents && bytes < maxBytes) continue
    yield piece
    ;[piece, bytes] = [[], 0]
  }
  yield piece
}

const line = ({ append, index }: LoggedEvent, more?: Parameters<typeof exportLine>[2]): string =>
  `${exportLine(append, index, more)}\n`

async function fullLine(vault: Vault, event: LoggedEvent, open: boolean, pathOf?: PathOf): Promise<string> {
  const { personal } = event.append.events[event.index]!
  const [result, proof] = await Promise.all([
    personal && open ? openEnvelope(vault, personal) : undefined,
    pathOf?.(positionOf(event)),
  ])
  return line(event, { opened: typeof result === 'string' ? undefined : result, proof })
}
