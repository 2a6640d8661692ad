export type UnprovenCode = 'bad_key' | 'malformed' | 'not_signed' | 'bad_signature' | 'not_included' | 'inconsistent'

/** A proof does not prove what it should; the code says why. */
export class Unproven extends Error {
  override readonly name = 'Unproven'

  constructor(
    readonly code: UnprovenCode,
    message: string,
  ) {
    super(message)
  }
}
