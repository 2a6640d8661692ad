import { randomUUID } from 'node:crypto'
import { Cause } from '../commands/cause.js'

/** Whoever has the command line and the keys of a deployment; the log knows no more of them. */
export const byOperator = (): Cause => new Cause({ actor: 'operator', commandId: randomUUID() })
