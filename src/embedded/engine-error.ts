/** What can be wrong with an embedded engine. */
export type EngineFault =
  | 'data_folder_in_use'
  | 'data_folder_unusable'
  | 'port_taken'
  | 'install_failed'
  | 'no_runnable_mongod'
  | 'no_runnable_redis'
  | 'engine_failed'
  | 'engine_lost'

/** The message is for the person who ran `npm start`: what is wrong, as the engine says it, and what to do. */
export class EngineError extends Error {
  override readonly name = 'EngineError'

  constructor(
    readonly code: EngineFault,
    message: string,
  ) {
    super(message)
  }
}

/** Asks for the code and not for the class: under Jest, errors from Node are not instances of the test's Error. */
export function hasCode(error: unknown, code: string): boolean {
  return (error as { code?: unknown } | undefined)?.code === code
}
