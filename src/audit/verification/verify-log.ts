import type { Db } from 'mongodb'
import { openCheckpoint, type TreeHead } from '../../proof/checkpoint.js'
import type { TreeStore } from '../../notary/tree-store.js'
import { Disproved } from './disproved.js'
import { type Hashing, storedLog } from './stored-log.js'
import { Walk } from './walk.js'

/** What holds, once it has been verified. */
export interface Verified {
  events: number
  /** How many of them were signed, as what, and by which key. */
  signed?: TreeHead
  root: Buffer
}

export interface LogInQuestion {
  db: Db
  trees: TreeStore
  /** Public keys one trusts. None: those that the database names, which say nothing about who has written it. */
  keys?: readonly string[]
  /** Checkpoints of the log that were kept elsewhere. */
  kept?: readonly string[]
  hashing?: Hashing
  onProgress?: (events: number) => void
}

/**
 * Builds the whole tree anew from the events as they are stored, and compares it with everything that was signed.
 * Throws Disproved with the first position that is not what it was.
 */
export async function verifyLog({ db, trees, keys, kept = [], hashing, onProgress }: LogInQuestion): Promise<Verified> {
  const at = await trees.read()
  const trusted = keys ?? at?.keys ?? []
  const own = at?.note === undefined ? undefined : openCheckpoint(at.note, trusted)
  const others = kept.map((note) => openCheckpoint(note, trusted))
  for (const head of [...others, ...(own ? [own] : [])]) mustBeOf(trees.origin, head)
  const walk = new Walk(own ? [own, ...others] : others)
  for await (const part of storedLog(db, trees, at, hashing)) {
    if ('asKept' in part) walk.takeAsKept(part.asKept)
    else for (const step of part.steps) walk.take(step)
    onProgress?.(walk.size)
  }
  const events = walk.end()
  const newest = others.sort((a, b) => b.size - a.size)[0]
  if (newest && newest.size > (own?.size ?? 0)) throw replayed(own?.size ?? 0, newest.size)
  return { events, signed: own, root: walk.root }
}

function mustBeOf(origin: string, head: TreeHead): void {
  if (head.origin !== origin)
    throw new Disproved(`the checkpoint is of another log: of ${head.origin}, this one is ${origin}`)
}

const replayed = (shown: number, signed: number) =>
  new Disproved(
    `the log shows a checkpoint of ${shown} events, but had signed ${signed}: an old checkpoint was put in place of a newer one`,
  )
