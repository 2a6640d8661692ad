/** The process cannot start, and the operator can change that. The message says what is wrong and where. */
export class StartupError extends Error {
  override readonly name = 'StartupError'
}

/**
 * Errors whose message is written for the person who runs the program; a stack would add nothing. They are listed by
 * name, because the service does not import the contexts that define them.
 */
const withMessageForPeople = new Set([
  'StartupError',
  'ConfigError',
  'EngineError',
  'EventStoreError',
  'Refused',
  'UsageError',
  'PartialFailure',
  'NotProven',
  'VerificationError',
  'Unproven',
  'LogDiffers',
])

/** The message alone if it is written for people, else the stack. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return withMessageForPeople.has(error.name) ? error.message : (error.stack ?? error.message)
}
