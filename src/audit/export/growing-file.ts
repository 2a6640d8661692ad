import { createReadStream } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'

/**
 * The file of an export that is done again and again: it has everything up to some position, and grows. A run that was
 * broken off leaves a line that is not whole, or events without a checkpoint: the next cuts off the one and goes on
 * after the other.
 */
export class GrowingFile {
  private constructor(
    private readonly handle: FileHandle,
    /** The last position it has; undefined when it is new. */
    readonly upTo: number | undefined,
  ) {}

  static async open(file: string): Promise<GrowingFile> {
    const { end, upTo } = await wholeLinesOf(file)
    const handle = await open(file, 'a')
    await handle.truncate(end)
    return new GrowingFile(handle, upTo)
  }

  async write(lines: string): Promise<void> {
    await this.handle.appendFile(lines)
  }

  /** What was written stays written, whatever happens next. */
  async close(): Promise<void> {
    await this.handle.sync()
    await this.handle.close()
  }
}

const position = /"position":(\d+),/g

async function wholeLinesOf(file: string): Promise<{ end: number; upTo?: number }> {
  const size = await sizeOf(file)
  let [read, end] = [0, 0]
  let upTo: number | undefined
  if (size === 0) return { end }
  for await (const line of createInterface({ input: createReadStream(file) })) {
    read += Buffer.byteLength(line) + 1
    if (read > size) break // cut off: it has no end
    if (line.startsWith('{"export":')) upTo = (JSON.parse(line) as { after: number }).after
    else if (line.startsWith('{"at":')) upTo = Number([...line.matchAll(position)].at(-1)![1])
    else if (!line.startsWith('{"checkpoint":')) continue // hashes of leaves come anew
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
