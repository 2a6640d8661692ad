import { createReadStream } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'

/**
 * The file of an export that is repeated: it holds the log up to some position, and each run appends what is new. A run
 * that is interrupted leaves an incomplete line, or events without a checkpoint. The next run cuts off the incomplete
 * line and continues after the last event.
 */
export class ExportFile {
  private constructor(
    private readonly handle: FileHandle,
    /** The last position in the file; undefined when it is new. */
    readonly upTo: number | undefined,
  ) {}

  static async open(file: string): Promise<ExportFile> {
    const { end, upTo } = await completeLinesOf(file)
    const handle = await open(file, 'a')
    await handle.truncate(end)
    return new ExportFile(handle, upTo)
  }

  async write(lines: string): Promise<void> {
    await this.handle.appendFile(lines)
  }

  /** Flushes the file to disk first, so that what was written survives a crash. */
  async close(): Promise<void> {
    await this.handle.sync()
    await this.handle.close()
  }
}

const position = /"position":(\d+),/g

async function completeLinesOf(file: string): Promise<{ end: number; upTo?: number }> {
  const size = await sizeOf(file)
  let [read, end] = [0, 0]
  let upTo: number | undefined
  if (size === 0) return { end }
  for await (const line of createInterface({ input: createReadStream(file) })) {
    read += Buffer.byteLength(line) + 1
    if (read > size) break // incomplete: it has no line end
    if (line.startsWith('{"export":')) upTo = (JSON.parse(line) as { after: number }).after
    else if (line.startsWith('{"at":')) upTo = Number([...line.matchAll(position)].at(-1)![1])
    else if (!line.startsWith('{"checkpoint":')) continue // the hashes of leaves are exported again
    end = read
  }
  return { end, upTo }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}
