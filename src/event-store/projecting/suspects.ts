import type { Db } from 'mongodb'
import { decoded, documentsAfter, isSame } from './raw-documents.js'

export const partSize = 500

/** The ids of the documents that are not the same in both collections, in parts. `onPage` is given all of the fold's. */
export async function* suspectsIn(
  db: Db,
  live: string,
  fold: string,
  onPage: (page: readonly Uint8Array[]) => void,
): AsyncGenerator<string[]> {
  const [one, other] = [new Documents(db, live), new Documents(db, fold, onPage)]
  let suspects: string[] = []
  for (;;) {
    if (one.isAtPageEnd) await one.nextPage()
    if (other.isAtPageEnd) await other.nextPage()
    const [document, folded] = [one.current, other.current]
    if (!document && !folded) break
    if (document && folded && isSame(document, folded)) {
      one.index++
      other.index++
      continue
    }
    const order = !document ? 1 : !folded ? -1 : compareIds(idOf(document), idOf(folded))
    suspects.push(idOf(order <= 0 ? document! : folded!))
    if (order <= 0) one.index++
    if (order >= 0) other.index++
    if (suspects.length < partSize) continue
    yield suspects
    suspects = []
  }
  yield suspects
}

/** The documents of a collection, page by page; the next page is read while this one is compared. */
class Documents {
  index = 0
  private page: Uint8Array[] = []
  private isAll = false
  private next: Promise<Uint8Array[]>

  constructor(
    private readonly db: Db,
    private readonly collection: string,
    private readonly onPage: (page: readonly Uint8Array[]) => void = () => {},
  ) {
    this.next = this.pageAfter()
  }

  get current(): Uint8Array | undefined {
    return this.page[this.index]
  }

  get isAtPageEnd(): boolean {
    return !this.isAll && this.index >= this.page.length
  }

  async nextPage(): Promise<void> {
    this.page = await this.next
    this.index = 0
    const last = this.page.at(-1)
    if (last) this.next = this.pageAfter(idOf(last))
    else this.isAll = true
    this.onPage(this.page)
  }

  private pageAfter(id?: string): Promise<Uint8Array[]> {
    const page = documentsAfter(this.db, this.collection, id)
    page.catch(() => {}) // thrown where it is awaited
    return page
  }
}

const idOf = (document: Uint8Array) => String(decoded(document)._id)

/** In the database's order. */
const compareIds = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other))
