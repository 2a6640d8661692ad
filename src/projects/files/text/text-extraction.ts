import { Worker } from 'node:worker_threads'
import { Injectable } from '@nestjs/common'
import { joined } from '../file-sealing.js'
import { hasText } from './extract-text.js'

/** A larger file is kept like all others, and its text is not read. */
const mostBytes = 64 * 1024 * 1024
const deadlineMs = 10_000
/** How much the process may grow while a file is read. A page of a few kilobytes can unfold to gigabytes. */
const mostGrowth = 512 * 1024 * 1024
const watchMs = 50

/**
 * Reads the text of files, one after the other, each in a thread of its own, so that no file holds the event loop. The
 * thread is ended when the file takes too long or too much memory. What cannot be read has no text: that is no error.
 */
@Injectable()
export class TextExtraction {
  private last: Promise<unknown> = Promise.resolve()

  /** Undefined for a file that has no text, or none that can be read. */
  async textOf(type: string, content: () => AsyncIterable<Uint8Array>): Promise<string | undefined> {
    if (!hasText(type)) return undefined
    const text = this.last.then(async () => {
      const file = await joined(content(), mostBytes)
      return file && (await extract(type, file))
    })
    this.last = text.catch(() => {})
    return await text
  }
}

async function extract(type: string, file: Uint8Array): Promise<string | undefined> {
  const thread = new Worker(new URL('extraction-thread.js', import.meta.url), {
    workerData: { type, file },
    resourceLimits: { maxOldGenerationSizeMb: 256 },
    stdout: true, // what a parser says about a file is nobody's concern, and may quote it
    stderr: true,
  })
  const before = process.memoryUsage.rss()
  const end = Date.now() + deadlineMs
  const watch = setInterval(() => {
    if (Date.now() > end || process.memoryUsage.rss() - before > mostGrowth) void thread.terminate()
  }, watchMs)
  try {
    return await new Promise<string | undefined>((resolve) => {
      thread.once('message', resolve)
      thread.once('error', () => resolve(undefined)) // a damaged file, or one that needs too much memory
      thread.once('exit', () => resolve(undefined))
    })
  } finally {
    clearInterval(watch)
    await thread.terminate()
  }
}
