import { NotProven } from '../../cli/command.js'
import type { Terminal } from '../../cli/terminal.js'
import type { Range, Verification } from '../verification/verification.js'
import { VerificationError } from '../verification/verification-error.js'

/** Says what a verification found. Throws when something is wrong, and when nothing is proven. */
export function reportVerification(
  terminal: Terminal,
  found: Verification,
  { hasKeys, asJson }: { hasKeys: boolean; asJson: boolean },
): void {
  const { faults, signed } = found
  if (asJson) terminal.say(JSON.stringify(jsonOf(found, hasKeys), null, 2))
  else sayAll(terminal, found)
  const [first] = faults
  if (first)
    throw new VerificationError(
      faults.length === 1 ? first.message : `${faults.length} faults; the first: ${first.message}`,
    )
  if (!signed)
    throw new NotProven(
      'nothing is signed, so nothing is proven: start a projector with NOTARY_KEY; if this log has ever been signed, its checkpoint was removed',
    )
  if (!hasKeys)
    throw new NotProven(
      'no key was given, so nothing is proven: the keys were read from what was verified. Give --key, from a source that you trust',
    )
}

function sayAll(terminal: Terminal, { events, signed, root, faults, intact }: Verification): void {
  if (faults.length === 0) terminal.say(`${events} events are unchanged; the root is ${root.toString('base64')}`)
  else {
    for (const { message } of faults) terminal.say(`wrong: ${message}`)
    terminal.say(intact.length > 0 ? `intact: ${intact.map(rangeText).join(', ')}` : 'no event is intact for sure')
  }
  if (signed) terminal.say(`${signed.origin} has signed ${signed.size} of them`)
}

const rangeText = ([from, to]: Range) => (from === to ? `event ${from}` : `events ${from} to ${to}`)

const jsonOf = ({ events, signed, root, faults, intact }: Verification, hasKeys: boolean) => ({
  events,
  signed: signed ? { origin: signed.origin, size: signed.size, root: signed.root.toString('base64') } : null,
  root: faults.length === 0 ? root.toString('base64') : null,
  keys: hasKeys ? 'given' : 'read from what was verified',
  faults: faults.map(({ message, position, until }) => ({ message, ...(position && { from: position, to: until }) })),
  intact: intact.map(([from, to]) => ({ from, to })),
})
