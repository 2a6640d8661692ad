import { parentPort } from 'node:worker_threads'
import { hashedLeaves } from './hashed-leaves.js'

// A thread of `LeafThreads`: appends come in, the hashes of their leaves go out.
parentPort!.on('message', (bytes: Uint8Array) => {
  const hashed = hashedLeaves(bytes)
  parentPort!.postMessage(hashed, hashed.hashes ? [hashed.hashes.buffer as ArrayBuffer] : [])
})
