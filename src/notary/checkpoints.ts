import { Injectable } from '@nestjs/common'
import { Refused } from '../event-store/errors.js'
import { pause } from '../event-store/timing.js'
import { SignedTree } from './signed-tree.js'
import { TreeStore } from './tree-store.js'

const waitMs = 3_000

/** What the notary has signed, for whoever asks; in any process. */
@Injectable()
export class Checkpoints {
  constructor(private readonly trees: TreeStore) {}

  /** Public keys that have signed, the present one last. */
  async keys(): Promise<readonly string[]> {
    return (await this.trees.read())?.keys ?? []
  }

  /** Only as far as was signed: until then the tree is nobody’s word. */
  async latest(): Promise<SignedTree> {
    const tree = await this.find()
    if (!tree) throw notYet('nothing is signed yet')
    return tree
  }

  /** One that has the event at the position. Just appended, that may take a moment. */
  async covering(position: number): Promise<SignedTree> {
    const deadline = Date.now() + waitMs
    for (;;) {
      const tree = await this.find()
      if (tree && tree.size >= position) return tree
      if (Date.now() > deadline) throw notYet(`event ${position} is in the log, but not in a signed checkpoint yet`)
      await pause(50)
    }
  }

  /** The same; or the newest, where nobody signs at the moment. */
  async nearest(position: number): Promise<SignedTree> {
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
    `${why}; try again in a second. If it stays so, no process of the service has the role projector, or its notary has found something wrong: see its log`,
  )
