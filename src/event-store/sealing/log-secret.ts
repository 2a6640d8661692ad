import { randomBytes } from 'node:crypto'
import { EventStoreError } from '../errors.js'
import type { LivingKey } from './key-store.js'
import type { Vault } from './vault.js'

/** Its name is older than what it is used for: ids of commands, and MACs of appends. */
export const logSecretId = 'secret:commands'

/**
 * The log's own random key, wrapped under the master key, with the position from which every append has a MAC. The
 * position is authenticated with the key: it cannot be changed without the master key.
 *
 * Every log has it since before its first append. So where there are appends and no secret, somebody has removed it,
 * and nobody gets a new one. A log from before MACs has a secret without a position, and older builds can only open
 * that.
 */
export class LogSecret {
  private constructor(
    private readonly vault: Vault,
    readonly key: Buffer,
    /** Undefined while a log from before MACs may still get appends without one. */
    readonly macsFrom: number | undefined,
  ) {}

  /** A log without appends gets its secret, and MACs from its first append on. */
  static async open(vault: Vault, hasAppends: () => Promise<boolean>): Promise<LogSecret> {
    // In this order: who creates it stores it before the first append.
    let stored = await vault.keys.read(logSecretId)
    if (!stored && (await hasAppends())) {
      stored = await vault.keys.read(logSecretId)
      if (!stored) throw missing()
    }
    // A crash before or after this leaves an empty log without a secret, or with one. Of two processes one creates it.
    stored ??= await vault.keys.createOrGet(
      await vault.wrap({ _id: logSecretId, owner: 'master', macsFrom: 1 }, randomBytes(32)),
    )
    return new LogSecret(vault, await vault.unwrapStored(logSecretId, stored), stored.macsFrom)
  }

  /** The position as it is stored now: another process may have set it. */
  async readMacsFrom(): Promise<number | undefined> {
    return (await this.stored()).macsFrom
  }

  /**
   * Sets the position, once and for all. From there on no append without a MAC is believed, so no older build may append
   * any more. Returns the position that is stored.
   */
  async requireMacs(from: number): Promise<number> {
    const stored = await this.stored()
    if (stored.macsFrom !== undefined) return stored.macsFrom
    await this.vault.keys.rewrap(stored, await this.vault.wrap({ ...stored, macsFrom: from }, this.key))
    // A crash before this line leaves the log as it was, or the position set. If another process was faster, its
    // position stays; if the master key was rotated meanwhile, nothing has changed and this is repeated.
    return (await this.readMacsFrom()) ?? (await this.requireMacs(from))
  }

  /** Believed only if it opens, and to the same key. */
  private async stored(): Promise<LivingKey> {
    const stored = await this.vault.keys.read(logSecretId)
    if (!stored) throw missing()
    const key = await this.vault.unwrapStored(logSecretId, stored)
    if (!key.equals(this.key)) throw missing()
    return stored as LivingKey
  }
}

const missing = () =>
  new EventStoreError(
    'damaged_log',
    `the log has appends, but its secret is missing or is another one: restore the entry ${logSecretId} of the collection keys from a backup`,
    { id: logSecretId },
  )
