import { hashBytes } from './tiles.js'
import { openNote } from './note.js'
import { Unproven } from './unproven.js'

/** C2SP tlog-checkpoint: what a log signs. */
export interface TreeHead {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
}

export const treeHeadText = ({ origin, size, root }: TreeHead): string =>
  `${origin}\n${size}\n${root.toString('base64')}\n`

/** The tree head of a checkpoint. Throws Unproven unless one of the keys has signed it. */
export function openCheckpoint(note: string, verifierKeys: readonly string[]): TreeHead {
  return treeHead(openNote(note, verifierKeys))
}

/** The tree head in a checkpoint’s text. Checks no signature. */
export function treeHead(text: string): TreeHead {
  const [origin = '', digits = '', base64 = ''] = text.split('\n')
  const root = Buffer.from(base64, 'base64')
  const size = Number(digits)
  if (
    !origin ||
    !/^(0|[1-9]\d*)$/.test(digits) ||
    !Number.isSafeInteger(size) ||
    root.length !== hashBytes ||
    root.toString('base64') !== base64
  ) {
    throw new Unproven('malformed', 'this is not a checkpoint: its text is not an origin, a size and a root')
  }
  return { origin, size, root }
}
