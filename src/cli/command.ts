import type { INestApplicationContext } from '@nestjs/common'
import type { Terminal } from './terminal.js'

/** What was typed after the command's own words. */
export interface TypedArguments {
  readonly arguments: readonly string[]
  readonly options: Readonly<Record<string, string | undefined>>
  /** Those that were named. */
  readonly flags: ReadonlySet<string>
}

/** One thing that can be asked for on the command line. */
export interface CliCommand {
  /** What one types: retention run. */
  readonly words: string
  readonly about: string
  /** More than a line of it, for --help. */
  readonly details?: string
  /** Names of what follows the words, each of which must be there. */
  readonly arguments?: readonly string[]
  /** Options, each with what it takes. */
  readonly options?: Readonly<Record<string, string>>
  /** Options that take nothing. */
  readonly flags?: readonly string[]
  /** What needs nothing of the service, neither its databases nor its keys. True when that was all. */
  offline?(typed: TypedArguments, terminal: Terminal): Promise<boolean>
  run(app: INestApplicationContext, typed: TypedArguments, terminal: Terminal): Promise<void>
}

/** The command was typed wrongly; its message says how it is meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The command has done what it could, has said what it could not, and failed. */
export class Incomplete extends Error {
  override readonly name = 'Incomplete'
}
