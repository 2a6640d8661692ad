/** Errors whose messages are written for whoever runs the program. */
const written = new Set([
  'CannotStart',
  'ConfigError',
  'EngineError',
  'EventStoreError',
  'Refused',
  'UsageError',
  'Incomplete',
  'Disproved',
  'Unproven',
  'LogDiffers',
])

/** The bare message when it was written to be read, else all we know. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return written.has(error.name) ? error.message : (error.stack ?? error.message)
}
