/** What is wrong with the history, or with what is shown of it. Its text names the first place. */
export class Disproved extends Error {
  override readonly name = 'Disproved'

  constructor(
    message: string,
    /** The first position that is wrong, where it is known. */
    readonly position?: number,
  ) {
    super(message)
  }
}
