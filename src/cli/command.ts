import type { INestApplicationContext } from '@nestjs/common'
import { Cause } from '../commands/cause.js'
import type { Terminal } from './terminal.js'

/** What follows the command's name on the command line. */
export interface CommandInput {
  readonly arguments: readonly string[]
  readonly options: Readonly<Record<string, string | undefined>>
  /** The flags that were set. */
  readonly flags: ReadonlySet<string>
}

/** One command that an operator or an auditor can run. */
export interface CliCommand {
  /** One or more tokens of the command line, such as `retention run`. */
  readonly name: string
  readonly about: string
  /** What --help says beyond `about`. */
  readonly details?: string
  /** The names of the arguments. All of them are required. */
  readonly arguments?: readonly string[]
  /** Options that take a value, each with what the value is. */
  readonly options?: Readonly<Record<string, string>>
  /** Options that take no value. */
  readonly flags?: readonly string[]
  /**
   * The part that needs neither databases nor keys of the service. True when nothing else is left to do. `folder` is
   * where the service's configuration is.
   */
  offline?(input: CommandInput, terminal: Terminal, folder: () => string): Promise<boolean>
  /** A command without it does everything offline. */
  run?(app: INestApplicationContext, input: CommandInput, terminal: Terminal): Promise<void>
}

/** The cause of commands that come from the command line. Its user has the deployment's keys; the log knows no name. */
export const operatorCause = (): Cause => Cause.by('operator')

/** The command line is wrong; the message says how to use the command. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A part of the work failed. The command has done the rest and has reported what it could not do. */
export class PartialFailure extends Error {
  override readonly name = 'PartialFailure'
}

/** Nothing is wrong, and nothing is proven either: the message says what is missing for that. */
export class NotProven extends Error {
  override readonly name = 'NotProven'
}
