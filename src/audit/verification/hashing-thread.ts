import { parentPort } from 'node:worker_threads'
import { hashLeaves } from './leaf-hashes.js'

// A thread of `HashingThreads`: receives appends, answers with the hashes of their leaves.
parentPort!.on('message', (bytes: Uint8Array) => {
  const hashed = hashLeaves(bytes)
  parentPort!.postMessage(hashed, hashed.hashes ? [hashed.hashes.buffer as ArrayBuffer] : [])
})
