import type { Vault } from '../../event-store/sealing/vault.js'
import { lineOf } from './export-line.js'
import type { Stretch } from '../history/history.js'
import { type Found, positionOf } from '../history/selection.js'
import { openedOf } from '../history/shown-event.js'

/** The path from an event to the root, for lines that have to be proven one by one. */
type PathOf = (position: number) => Promise<readonly string[]>

/** Events as lines of an export; where a key is gone, or an envelope damaged, the line stays closed. */
export async function* exportLines(
  vault: Vault,
  stretches: AsyncIterable<Stretch>,
  open: boolean,
  pathOf?: PathOf,
): AsyncGenerator<string> {
  for await (const { found } of stretches) {
    const isPlain = !open && !pathOf // nothing to wait for: most lines are made so
    const lines = isPlain
      ? found.map((one) => line(one))
      : await Promise.all(found.map((one) => fullLine(vault, one, open, pathOf)))
    yield lines.join('') // also when there are none: here a reader that has left is noticed
  }
}

const line = ({ append, index }: Found, more?: Parameters<typeof lineOf>[2]): string =>
  `${lineOf(append, index, more)}\n`

async function fullLine(vault: Vault, found: Found, open: boolean, pathOf?: PathOf): Promise<string> {
  const { personal } = found.append.events[found.index]!
  const [words, proof] = await Promise.all([
    personal && open ? openedOf(vault, personal) : undefined,
    pathOf?.(positionOf(found)),
  ])
  return line(found, { opened: typeof words === 'string' ? undefined : words, proof })
}
