/** The log, an export or a receipt is not what was signed. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError'

  constructor(
    message: string,
    /** The first position that is wrong, if it is known. */
    readonly position?: number,
    /** The last one. */
    readonly until = position,
  ) {
    super(message.replace(/[^\P{Cc}\n]/gu, '\uFFFD')) // it may quote what somebody has stored, which must not steer a terminal
  }
}

export const missing = (from: number, to: number) =>
  new VerificationError(from === to ? `event ${from} is missing` : `events ${from} to ${to} are missing`, from, to)

export const cutOff = (size: number, signed: number) =>
  new VerificationError(
    `the log ends at ${size}, but ${signed} events were signed: events ${size + 1} to ${signed} are missing`,
    size + 1,
    signed,
  )
