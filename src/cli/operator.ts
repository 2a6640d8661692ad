import { Cause } from '../commands/cause.js'

/** Whoever has the command line and the keys of a deployment; the log knows no more of them. */
export const byOperator = (): Cause => Cause.by('operator')
