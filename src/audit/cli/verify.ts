import type { CliCommand } from '../../cli/command.js'
import type { Terminal } from '../../cli/terminal.js'
import { Engine } from '../../event-store/engine.js'
import { TreeStore } from '../../notary/tree-store.js'
import { verifyReceipt } from '../receipts/receipt.js'
import { VerificationError } from '../verification/verification-error.js'
import { verifyExport } from '../verification/verify-export.js'
import { type VerificationResult, verifyLog } from '../verification/verify-log.js'
import { verifyModels } from './verify-models.js'
import { readFiles, readKeys } from './key-files.js'

export const verify: CliCommand = {
  name: 'verify',
  about:
    'Rebuild the whole tree from the events and compare it with what was signed; name the first position that is wrong',
  details: `Without options it verifies the log in the database. With --export or --receipt it verifies a file, offline.
--key is a public key of the log, or a file with one key per line. Get it from a source that you trust; GET /notary-key
has it. Without --key the keys are read from what is being verified, and those who could change that could change the
keys, too.
--models compares the read models with a fresh fold of the log instead, while the service runs, and names the documents
that differ. It takes as long as a rebuild of all of them, and as much space.
--checkpoint is the file of a checkpoint that you kept, or several files, comma-separated. Without one nobody can tell
whether the end of the log was cut off together with its newest checkpoint.`,
  options: { export: 'file', receipt: 'file', checkpoint: 'file', key: 'key or file' },
  flags: ['models'],

  async offline({ options }, terminal) {
    const keys = await readKeys(options.key)
    if (options.receipt !== undefined)
      reportReceipt(terminal, options.receipt, (await readFiles('receipt', options.receipt))!, keys)
    if (options.export !== undefined) {
      const kept = await readFiles('checkpoint', options.checkpoint)
      const file = options.export
      reportVerified(
        terminal,
        await terminal.withProgress('events', (update) =>
          verifyExport({ file, keys, kept, onProgress: (events) => update(events, events) }),
        ),
        keys,
      )
    }
    return options.receipt !== undefined || options.export !== undefined
  },

  async run(app, { options, flags }, terminal) {
    if (flags.has('models')) return await verifyModels(app, terminal)
    const [keys, kept, head] = await Promise.all([
      readKeys(options.key),
      readFiles('checkpoint', options.checkpoint),
      app.get(Engine).log.glanceAtEnd(),
    ])
    const { HashingThreads } = await import('../verification/hashing-threads.js') // only this command needs threads
    const hasher = new HashingThreads()
    const log = { log: app.get(Engine).log, trees: app.get(TreeStore), keys, kept, hasher }
    try {
      reportVerified(
        terminal,
        await terminal.withProgress('events', (update) =>
          verifyLog({ ...log, onProgress: (events) => update(events, Math.max(events, head)) }),
        ),
        keys,
      )
    } finally {
      await hasher.close()
    }
  },
}

function reportVerified(
  terminal: Terminal,
  { events, signed, root }: VerificationResult,
  keys: readonly string[] | undefined,
): void {
  terminal.say(`${events} events are unchanged; the root is ${root.toString('base64')}`)
  if (signed) terminal.say(`${signed.origin} has signed ${signed.size} of them`)
  else terminal.say('none of them is signed yet')
  if (signed && !keys)
    terminal.say('the keys were read from what was verified: give --key to be sure that it was this log that signed')
}

function reportReceipt(
  terminal: Terminal,
  file: string,
  [text = '']: readonly string[],
  keys: readonly string[] | undefined,
): void {
  if (!keys) throw new VerificationError('a receipt can only be verified with the public key of the log: give --key')
  const { position, type, at, plaintext, origin, size } = verifyReceipt(jsonOf(file, text), keys)
  terminal.say(
    `event ${position}, ${type} at ${String(at)}, is in the log ${origin} as it was signed with ${size} events`,
  )
  if (plaintext !== undefined) terminal.say(`it says: ${JSON.stringify(plaintext)}`)
}

function jsonOf(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new VerificationError(`${file} is not a receipt: it is not JSON`)
  }
}
