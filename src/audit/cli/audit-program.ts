import type { Program } from '../../cli/command-line.js'
import { exportLog } from './export.js'
import { edits, erasures, reads, versions } from './lists.js'
import { accounts, chatsOf, find } from './people.js'
import { receipt } from './receipt.js'
import { verify } from './verify.js'

/** The commands for auditors: they work on the databases of a deployment, or on files. */
export const audit: Program = {
  name: 'audit',
  commands: [verify, exportLog, receipt, find, accounts, chatsOf, reads, erasures, edits, versions],
}
