/** The log, an export or a receipt is not what was signed. The message names the first event that is wrong. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError'

  constructor(
    message: string,
    /** The first position that is wrong, if it is known. */
    readonly position?: number,
  ) {
    super(message)
  }
}
