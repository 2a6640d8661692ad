import { isDamagedLog } from '../../event-store/errors.js'
import type { LogCollection } from '../../event-store/log/log-collection.js'
import { hashBytes } from '../../proof/tiles.js'
import { openCheckpoint, type TreeHead } from '../../proof/checkpoint.js'
import { Unproven } from '../../proof/unproven.js'
import type { NotaryDocument, TreeStore } from '../../notary/tree-store.js'
import { appendsIn, type LeafHasher } from './leaf-hashes.js'
import { NotaryHashes, readStoredLog } from './stored-log.js'
import { type CheckedEvent, TreeCheck } from './tree-check.js'
import type { Verification } from './verification.js'
import { cutOff, missing, VerificationError } from './verification-error.js'

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

const hashesAtOnce = 100_000

/** Rebuilds the whole tree from the stored events and compares it with every checkpoint. Names all that differs. */
export async function verifyLog({
  log,
  trees,
  keys,
  kept = [],
  hasher,
  onProgress,
}: LogVerification): Promise<Verification> {
  const state = await trees.read()
  const trusted = keys ?? state?.keys ?? []
  const others = kept.map((note) => openCheckpoint(note, trusted))
  for (const head of others) checkOrigin(trees.origin, head)
  const stored = await storedHead(trees, state, trusted)
  const heads = stored.head ? [stored.head, ...others] : others
  const check = new TreeCheck(heads)
  if (stored.fault) check.faults.add(stored.fault, 0)
  const hashes = new NotaryHashes(trees, state)
  for await (const part of readStoredLog(log, hashes, hasher)) {
    if ('equalHashes' in part) await addHashes(check, part, hashes)
    else await addEvents(check, part, hashes)
    onProgress?.(check.size)
  }
  const events = check.size
  if (check.unreached > events) await skip(check, cutOff(events, check.unreached), hashes)
  check.end()
  if (hashes.fault) check.fail(hashes.fault)
  const signed = stored.head?.size ?? 0
  const newest = Math.max(0, ...others.map(({ size }) => size))
  if (newest > signed) check.fail(outdatedCheckpoint(signed, newest))
  await checkUnsigned(log, signed, check)
  const { faults, root } = check
  return { events, signed: stored.head, root, faults: faults.all(), intact: faults.intactIn([1, events]) }
}

/** The checkpoint in the database. Where something else is left of what the notary stored, there was one. */
async function storedHead(
  trees: TreeStore,
  state: NotaryDocument | null,
  keys: readonly string[],
): Promise<{ head?: TreeHead; fault?: VerificationError }> {
  if (!state?.note) return (await trees.hasTraces()) ? { fault: droppedCheckpoint(trees.origin) } : {}
  try {
    const head = openCheckpoint(state.note, keys)
    checkOrigin(trees.origin, head)
    return { head }
  } catch (error) {
    if (error instanceof VerificationError) return { fault: error }
    if (error instanceof Unproven)
      return { fault: new VerificationError(`the checkpoint in the database proves nothing: ${error.message}`) }
    throw error
  }
}

async function addHashes(
  check: TreeCheck,
  { from, equalHashes }: { from: number; equalHashes: Buffer },
  hashes: NotaryHashes,
): Promise<void> {
  if (from > check.size + 1) await skip(check, missing(check.size + 1, from - 1), hashes)
  check.addHashes(equalHashes.subarray((check.size + 1 - from) * hashBytes)) // an append may have more than it says
}

async function addEvents(
  check: TreeCheck,
  { events, faults }: { events: CheckedEvent[]; faults: VerificationError[] },
  hashes: NotaryHashes,
): Promise<void> {
  for (const fault of faults) check.fail(fault)
  for (const event of events) {
    const { position } = event.record
    if (position > check.size + 1) await skip(check, missing(check.size + 1, position - 1), hashes)
    check.add(event)
  }
}

async function skip(check: TreeCheck, fault: VerificationError, hashes: NotaryHashes): Promise<void> {
  check.fail(fault)
  while (check.size < fault.until!) {
    const [from, to] = [check.size + 1, Math.min(check.size + hashesAtOnce, fault.until!)]
    await hashes.load(from, to)
    check.skip(to, hashes.between(from, to))
  }
}

/** Nobody has signed what came since the newest checkpoint: that the service wrote it is shown by its MACs. */
async function checkUnsigned(log: LogCollection, signed: number, { faults }: TreeCheck): Promise<void> {
  for (let next: number | undefined = signed + 1; next !== undefined && !faults.isFull;) {
    try {
      const unsigned = log.appendsFrom(next)
      while (!(await unsigned.next()).done);
      return
    } catch (error) {
      if (!isDamagedLog(error)) throw error
      const position = Number(error.data.position)
      if (!faults.has(position)) faults.add(new VerificationError(error.message, position), position)
      const [behind] = await log.rawAppendsAfter(position, 1)
      next = behind && [...appendsIn(behind)][0]!._id
    }
  }
}

function checkOrigin(origin: string, head: TreeHead): void {
  if (head.origin !== origin)
    throw new VerificationError(`the checkpoint belongs to another log: it names ${head.origin}, this log is ${origin}`)
}

const droppedCheckpoint = (origin: string) =>
  new VerificationError(
    `the checkpoint of ${origin} is missing, although the notary has stored leaves: it was removed, unless the notary died before it had ever signed; then start a projector, and repeat`,
  )

const outdatedCheckpoint = (shown: number, signed: number) =>
  new VerificationError(
    `the newest checkpoint in the database has ${shown} events, but ${signed} were signed: an old checkpoint was put in place of a newer one`,
  )
