/** A reason not to start that the operator can mend: its message says what and where, so no stack is shown with it. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart'
}
