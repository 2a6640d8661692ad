import { parentPort, workerData } from 'node:worker_threads'
import { extractText } from './extract-text.js'

// A thread of `TextExtraction`, for one file.
const { type, file } = workerData as { type: string; file: Uint8Array }
const text = await extractText(type, Buffer.from(file.buffer, file.byteOffset, file.byteLength))
parentPort!.postMessage(text, [])
