import type { Program } from '../../cli/command-line.js'
import { exportLog } from './export.js'
import { receipt } from './receipt.js'
import { verify } from './verify.js'

/** What auditors ask for who have the databases, or files. */
export const audit: Program = { name: 'audit', commands: [verify, exportLog, receipt] }
