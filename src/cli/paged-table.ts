import { type CommandInput, UsageError } from './command.js'
import type { Terminal } from './terminal.js'

const pageSize = 200
const defaultLimit = '200'

interface PageOf<Item> {
  items: readonly Item[]
  nextCursor?: string
}

/** Prints a list as a table, page by page, up to what --limit says, and how many rows it has. */
export async function sayPagedTable<Item>(
  terminal: Terminal,
  { limit: text = defaultLimit }: CommandInput['options'],
  { things, columns, rowOf }: { things: string; columns: readonly string[]; rowOf: (item: Item) => string[] },
  read: (page: { limit: number; cursor?: string }) => Promise<PageOf<Item>>,
): Promise<void> {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError(`--limit: ${text} is not a number from 1 to 9999999`)
  const limit = Number(text)
  const rows: string[][] = []
  let cursor: string | undefined
  do {
    const page = await read({ limit: Math.min(pageSize, limit - rows.length), cursor })
    rows.push(...page.items.map((item) => rowOf(item)))
    cursor = page.nextCursor
  } while (cursor !== undefined && rows.length < limit && !terminal.signal.aborted)
  if (rows.length > 0) terminal.table([columns, ...rows])
  terminal.say(`${rows.length} ${things}${cursor === undefined ? '' : '; there are more: --limit says how many'}`)
}
