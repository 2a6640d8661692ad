import { Db } from 'mongodb'
import type { CliCommand } from '../../cli/command.js'
import type { Terminal } from '../../cli/terminal.js'
import { Engine } from '../../event-store/engine.js'
import { TreeStore } from '../../notary/tree-store.js'
import { verifyReceipt } from '../receipts/receipt.js'
import { Disproved } from '../verification/disproved.js'
import { verifyExport } from '../verification/export-file.js'
import { type Verified, verifyLog } from '../verification/verify-log.js'
import { filesGiven, keysGiven } from './key-files.js'

export const verify: CliCommand = {
  name: 'verify',
  about:
    'Build the whole tree anew from the events, and compare it with what was signed; names the first position that is wrong',
  details: `Without more it verifies the log in the database. With --export or --receipt it verifies a file, offline.
--key is a public key of the log (or a file with one a line), from where you trust it: GET /notary-key has it. Without,
the keys are taken from what is being verified, and whoever could change that could have changed them, too.
--checkpoint is one that you kept (or several files, comma-separated). Without one of those nobody can tell that
the end of a log was cut off together with its newest checkpoint.`,
  options: { export: 'file', receipt: 'file', checkpoint: 'file', key: 'key or file' },

  async offline({ options }, terminal) {
    const keys = await keysGiven(options.key)
    if (options.receipt !== undefined)
      sayProven(terminal, options.receipt, (await filesGiven('receipt', options.receipt))!, keys)
    if (options.export !== undefined) {
      const kept = await filesGiven('checkpoint', options.checkpoint)
      const file = options.export
      sayVerified(
        terminal,
        await terminal.withProgress('events', (update) =>
          verifyExport({ file, keys, kept, onProgress: (events) => update(events, events) }),
        ),
        keys,
      )
    }
    return options.receipt !== undefined || options.export !== undefined
  },

  async run(app, { options }, terminal) {
    const [keys, kept, head] = await Promise.all([
      keysGiven(options.key),
      filesGiven('checkpoint', options.checkpoint),
      app.get(Engine).store.head(),
    ])
    const { LeafThreads } = await import('../verification/leaf-threads.js') // here, for nothing else needs threads
    const hashing = new LeafThreads()
    const question = { db: app.get(Db), trees: app.get(TreeStore), keys, kept, hashing }
    try {
      sayVerified(
        terminal,
        await terminal.withProgress('events', (update) =>
          verifyLog({ ...question, onProgress: (events) => update(events, Math.max(events, head)) }),
        ),
        keys,
      )
    } finally {
      await hashing.close()
    }
  },
}

function sayVerified(
  terminal: Terminal,
  { events, signed, root }: Verified,
  keys: readonly string[] | undefined,
): void {
  terminal.say(`${events} events are what they were; the root is ${root.toString('base64')}`)
  if (signed) terminal.say(`${signed.origin} has signed ${signed.size} of them`)
  else terminal.say('none of them is signed yet')
  if (signed && !keys)
    terminal.say('the keys came with what was verified: give --key to know that it was this log that signed')
}

function sayProven(
  terminal: Terminal,
  file: string,
  [text = '']: readonly string[],
  keys: readonly string[] | undefined,
): void {
  if (!keys) throw new Disproved(`a receipt is good for who has the public key of the log: give --key`)
  const { position, type, at, words, origin, size } = verifyReceipt(jsonOf(file, text), keys)
  terminal.say(
    `event ${position}, ${type} at ${String(at)}, is in the log ${origin} as it was signed with ${size} events`,
  )
  if (words !== undefined) terminal.say(`it says: ${JSON.stringify(words)}`)
}

function jsonOf(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Disproved(`${file} is no receipt: it is not JSON`)
  }
}
