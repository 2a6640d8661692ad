import { isDamagedLog } from '../../event-store/errors.js'
import type { LogCollection } from '../../event-store/log/log-collection.js'
import { openCheckpoint, type TreeHead } from '../../proof/checkpoint.js'
import type { TreeStore } from '../../notary/tree-store.js'
import { VerificationError } from './verification-error.js'
import type { LeafHasher } from './leaf-hashes.js'
import { readStoredLog } from './stored-log.js'
import { TreeCheck } from './tree-check.js'

/** What a successful verification found. */
export interface VerificationResult {
  events: number
  /** The newest signed tree head, and so how many of the events are signed. */
  signed?: TreeHead
  root: Buffer
}

export interface LogVerification {
  log: LogCollection
  trees: TreeStore
  /** Public keys that the verifier trusts. If undefined, those in the database, which prove nothing about its writer. */
  keys?: readonly string[]
  /** Checkpoints of the log that were kept outside the database. */
  kept?: readonly string[]
  hasher?: LeafHasher
  onProgress?: (events: number) => void
}

/**
 * Rebuilds the whole tree from the stored events and compares it with every checkpoint. Throws a VerificationError that
 * names the first position that differs.
 */
export async function verifyLog({
  log,
  trees,
  keys,
  kept = [],
  hasher,
  onProgress,
}: LogVerification): Promise<VerificationResult> {
  const state = await trees.read()
  const trusted = keys ?? state?.keys ?? []
  const stored = state?.note === undefined ? undefined : openCheckpoint(state.note, trusted)
  const others = kept.map((note) => openCheckpoint(note, trusted))
  for (const head of [...others, ...(stored ? [stored] : [])]) checkOrigin(trees.origin, head)
  const check = new TreeCheck(stored ? [stored, ...others] : others)
  for await (const part of readStoredLog(log, trees, state, hasher)) {
    if ('equalHashes' in part) check.addHashes(part.equalHashes)
    else for (const event of part.events) check.add(event)
    onProgress?.(check.size)
  }
  const events = check.end()
  const newest = others.sort((a, b) => b.size - a.size)[0]
  if (newest && newest.size > (stored?.size ?? 0)) throw outdatedCheckpoint(stored?.size ?? 0, newest.size)
  await checkUnsigned(log, stored?.size ?? 0)
  return { events, signed: stored, root: check.root }
}

/** Nobody has signed what came since the newest checkpoint: that the service wrote it is shown by its MACs. */
async function checkUnsigned(log: LogCollection, signed: number): Promise<void> {
  try {
    const unsigned = log.appendsFrom(signed + 1)
    while (!(await unsigned.next()).done);
  } catch (error) {
    if (!isDamagedLog(error)) throw error
    throw new VerificationError(error.message, Number(error.data.position))
  }
}

function checkOrigin(origin: string, head: TreeHead): void {
  if (head.origin !== origin)
    throw new VerificationError(`the checkpoint belongs to another log: it names ${head.origin}, this log is ${origin}`)
}

const outdatedCheckpoint = (shown: number, signed: number) =>
  new VerificationError(
    `the newest checkpoint in the database has ${shown} events, but ${signed} were signed: an old checkpoint was put in place of a newer one`,
  )
