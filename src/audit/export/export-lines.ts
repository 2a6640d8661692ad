import type { Vault } from '../../event-store/sealing/vault.js'
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
  for await (const { events } of parts) {
    const isPlain = !open && !pathOf // the usual case, which waits for nothing
    const lines = isPlain
      ? events.map((event) => line(event))
      : await Promise.all(events.map((event) => fullLine(vault, event, open, pathOf)))
    yield lines.join('') // also an empty text: a reader that has gone is noticed here
  }
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
