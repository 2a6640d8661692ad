import { type CliCommand, NotProven } from '../../cli/command.js'
import type { Terminal } from '../../cli/terminal.js'
import { Engine } from '../../event-store/engine.js'
import { TreeStore } from '../../notary/tree-store.js'
import { verifyReceipt } from '../receipts/receipt.js'
import { VerificationError } from '../verification/verification-error.js'
import { verifyExport } from '../verification/verify-export.js'
import { verifyLog } from '../verification/verify-log.js'
import { reportVerification } from './verification-report.js'
import { verifyModels } from './verify-models.js'
import { readFiles, readKeys } from './key-files.js'

export const verify: CliCommand = {
  name: 'verify',
  about: 'Rebuild the whole tree from the events and compare it with what was signed; name all that is wrong',
  details: `Without options it verifies the log in the database. With --export or --receipt it verifies a file, offline.
--key is a public key of the log, or a file with one key per line. Get it from a source that you trust; GET /notary-key
has it. Without --key the keys are read from what is being verified, and those who could change that could change the
keys, too: then nothing is proven.
--models compares the read models with a fresh fold of the log instead, while the service runs, and names the documents
that differ. It takes as long as a rebuild of all of them, and as much space.
--checkpoint is the file of a checkpoint that you kept, or several files, comma-separated. Without one nobody can tell
whether the end of the log was cut off together with its newest checkpoint.
--json prints what was found as JSON.
It ends with 0 when everything is proven, with 1 when something is wrong, and with 2 when nothing is wrong and nothing is
proven either: without a key, or when nothing is signed.`,
  options: { export: 'file', receipt: 'file', checkpoint: 'file', key: 'key or file' },
  flags: ['models', 'json'],

  async offline({ options, flags }, terminal) {
    if (options.receipt === undefined && options.export === undefined) return false
    const keys = await readKeys(options.key)
    const asJson = flags.has('json')
    if (options.receipt !== undefined) {
      const [text = ''] = (await readFiles('receipt', options.receipt))!
      reportReceipt(terminal, { file: options.receipt, text, keys, asJson })
    }
    if (options.export !== undefined) {
      const kept = await readFiles('checkpoint', options.checkpoint)
      const file = options.export
      const found = await terminal.withProgress('events', (update) =>
        verifyExport({ file, keys, kept, onProgress: (events) => update(events, events) }),
      )
      reportVerification(terminal, found, { hasKeys: keys !== undefined, asJson })
    }
    return true
  },

  async run(app, { options, flags }, terminal) {
    if (flags.has('models')) return await verifyModels(app, terminal, flags.has('json'))
    const { log } = app.get(Engine)
    const [keys, kept, head] = await Promise.all([
      readKeys(options.key),
      readFiles('checkpoint', options.checkpoint),
      log.glanceAtEnd(),
    ])
    const { HashingThreads } = await import('../verification/hashing-threads.js') // only this command needs threads
    const hasher = new HashingThreads()
    try {
      const found = await terminal.withProgress('events', (update) =>
        verifyLog({
          log,
          trees: app.get(TreeStore),
          keys,
          kept,
          hasher,
          onProgress: (events) => update(events, Math.max(events, head)),
        }),
      )
      reportVerification(terminal, found, { hasKeys: keys !== undefined, asJson: flags.has('json') })
    } finally {
      await hasher.close()
    }
  },
}

interface GivenReceipt {
  file: string
  text: string
  keys: readonly string[] | undefined
  asJson: boolean
}

function reportReceipt(terminal: Terminal, { file, text, keys, asJson }: GivenReceipt): void {
  if (!keys) throw new NotProven('a receipt can only be verified with the public key of the log: give --key')
  const found = verifyReceipt(jsonOf(file, text), keys)
  if (asJson) return terminal.say(JSON.stringify(found, null, 2))
  const { position, type, at, plaintext, origin, size } = found
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
