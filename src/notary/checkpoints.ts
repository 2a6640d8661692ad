import { Injectable } from '@nestjs/common'
import { Refused } from '../event-store/errors.js'
import { pause } from '../event-store/timing.js'
import { SignedTree } from './signed-tree.js'
import { TreeStore } from './tree-store.js'

const waitMs = 3_000

/** What the notary has signed. Any process can read it. */
@Injectable()
export class Checkpoints {
  constructor(private readonly trees: TreeStore) {}

  /** The public keys that have signed, the present one last. */
  async keys(): Promise<readonly string[]> {
    return (await this.trees.read())?.keys ?? []
  }

  /** The newest signed tree. What is not signed yet proves nothing. */
  async latest(): Promise<SignedTree> {
    const tree = await this.find()
    if (!tree) throw notYet('nothing is signed yet')
    return tree
  }

  /** A signed tree that has the event at the position. Waits some seconds for an event that was just appended. */
  async covering(position: number): Promise<SignedTree> {
    const deadline = Date.now() + waitMs
    for (;;) {
      const tree = await this.find()
      if (tree && tree.size >= position) return tree
      if (Date.now() > deadline) throw notYet(`event ${position} is in the log, but not in a signed checkpoint yet`)
      await pause(50)
    }
  }

  /** The same; or the newest signed tree, if the event is not signed in time. */
  async coveringOrLatest(position: number): Promise<SignedTree> {
    try {
      return await this.covering(position)
    } catch (error) {
      if (error instanceof Refused && error.code === 'not_yet_signed') return await this.latest()
      throw error
    }
  }

  private async find(): Promise<SignedTree | undefined> {
    const at = await this.trees.read()
    return at?.note === undefined ? undefined : new SignedTree(this.trees, at, at.note)
  }
}

const notYet = (why: string) =>
  new Refused(
    'not_yet_signed',
    `${why}; try again in a second. If this goes on, no process of the service has the role projector, or its notary has found a fault: see the log of that process`,
  )
