import { hashBytes } from './tiles.js'
import { openNote } from './note.js'
import { Unproven } from './unproven.js'

/** C2SP tlog-checkpoint: what a log has signed of itself. */
export interface TreeHead {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
}

export const treeHeadText = ({ origin, size, root }: TreeHead): string =>
  `${origin}\n${size}\n${root.toString('base64')}\n`

/** Of a checkpoint that one of the keys has signed. */
export function openCheckpoint(note: string, verifierKeys: readonly string[]): TreeHead {
  return treeHead(openNote(note, verifierKeys))
}

/** Of a checkpoint’s text, whoever has signed it. */
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
    throw new Unproven('malformed', 'this is no checkpoint: its text is not an origin, a size and a root')
  }
  return { origin, size, root }
}
