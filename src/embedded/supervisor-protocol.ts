import type { EngineFault } from './engine-error.js'
import type { MongodProgram } from './mongod-program.js'

/** A program of the machine, or the compiled Valkey. */
export type RedisProgram = { readonly bin: string } | { readonly wasm: string }

/** What a supervisor runs. It is the one argument of its process, and the data folder in it tells others whose it is. */
export interface SupervisorTask {
  readonly dataDir: string
  readonly mongod?: { readonly program: MongodProgram; readonly port?: number | undefined }
  readonly redis?: { readonly program: RedisProgram; readonly port?: number | undefined }
}

/** The processes of the engines. The compiled Valkey has no process of its own. */
export interface EnginePids {
  readonly mongod?: number | undefined
  readonly redis?: number | undefined
}

/** What a supervisor sends to its parent. */
export type SupervisorMessage =
  | { type: 'ready'; pids: EnginePids; mongoUri?: string; redisUrl?: string }
  | { type: 'restarted'; pids: EnginePids; line: string }
  | { type: 'warning'; line: string }
  | { type: 'failed'; code: EngineFault; message: string }
