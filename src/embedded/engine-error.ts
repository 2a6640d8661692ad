/** What can be wrong with an engine that we start ourselves. */
export type EngineFault =
  | 'data_folder_in_use'
  | 'data_folder_unusable'
  | 'port_taken'
  | 'install_failed'
  | 'no_runnable_mongod'
  | 'no_runnable_redis'
  | 'engine_failed'
  | 'engine_lost'

/** Its message is for whoever typed `npm start`: what was wrong, in the engine's own words, and what to do. */
export class EngineError extends Error {
  override readonly name = 'EngineError'

  constructor(
    readonly code: EngineFault,
    message: string,
  ) {
    super(message)
  }
}

/** Not by its class: an error from Node itself is no instance of the Error that a test sees. */
export function hasCode(error: unknown, code: string): boolean {
  return (error as { code?: unknown } | undefined)?.code === code
}
