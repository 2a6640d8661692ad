import type { OnModuleInit } from '@nestjs/common'
import type { Engine } from '../event-store/engine.js'
import type { Reactor } from '../event-store/projecting/reactor.js'

/** A destroyed key is still in the oplog and the journal for a while, and in backups, wrapped under the master key. */
export const whenErasureIsFinal =
  'Nobody can read it here any more. What backups and the files of the database still have of it becomes unreadable ' +
  'when the operator replaces the master key the next time.'

/**
 * Destroys the keys of erased streams, each after the event that erases it. The command waits for that; a crash after
 * the event leaves it to the reactor. It may happen twice, and in two processes at once.
 */
export abstract class KeyErasures implements OnModuleInit {
  constructor(
    private readonly engine: Engine,
    private readonly reactorFor: (erase: (stream: string) => Promise<void>) => Reactor,
  ) {}

  onModuleInit(): void {
    this.engine.addReactor(this.reactorFor((stream) => this.erase(stream)))
  }

  /** With the key goes everything that is sealed under it, and every key that it wraps. */
  async erase(stream: string): Promise<void> {
    await this.engine.vault.destroy(stream, new Date())
  }
}
