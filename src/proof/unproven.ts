export type UnprovenCode = 'bad_key' | 'malformed' | 'not_signed' | 'bad_signature' | 'not_included' | 'inconsistent'

/** Why a proof does not hold. */
export class Unproven extends Error {
  override readonly name = 'Unproven'

  constructor(
    readonly code: UnprovenCode,
    message: string,
  ) {
    super(message)
  }
}
