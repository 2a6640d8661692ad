import { parseArgs } from 'node:util'
import { type CliCommand, type TypedArguments, UsageError } from './command.js'

/** A group of commands: npm run <name> -- <command>. */
export interface Program {
  readonly name: string
  readonly commands: readonly CliCommand[]
}

/** A command to run, or what to tell whoever asked for help. */
export type ParsedArguments = { command: CliCommand; typed: TypedArguments } | { help: string }

/** Throws a UsageError for what makes no sense. */
export function parseArguments(program: Program, args: readonly string[]): ParsedArguments {
  const command = program.commands.find(({ words }) => words.split(' ').every((word, i) => args[i] === word))
  if (!command) {
    if (args.length === 0 || args.includes('--help') || args.includes('-h')) return { help: overview(program) }
    throw new UsageError(`there is no command ${args.join(' ')}\n\n${overview(program)}`)
  }
  const { help, positionals, ...typed } = parsed(program, command, args.slice(command.words.split(' ').length))
  if (help) return { help: helpOf(program, command) }
  const missing = command.arguments?.[positionals.length]
  if (missing !== undefined) throw new UsageError(`${missing} is missing: ${lineOf(program, command)}`)
  if (positionals.length > (command.arguments?.length ?? 0))
    throw new UsageError(`that is too much: ${lineOf(program, command)}`)
  return { command, typed: { arguments: positionals, ...typed } }
}

function parsed(program: Program, command: CliCommand, args: readonly string[]) {
  const named = (names: readonly string[], type: 'string' | 'boolean') =>
    Object.fromEntries(names.map((name) => [name, { type }]))
  const options = {
    ...named(Object.keys(command.options ?? {}), 'string'),
    ...named(command.flags ?? [], 'boolean'),
    help: { type: 'boolean' as const, short: 'h' },
  }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const { help = false, ...given } = values as Record<string, string | boolean | undefined>
    const flags = new Set((command.flags ?? []).filter((name) => given[name] === true))
    return { help: help === true, positionals, options: given as TypedArguments['options'], flags }
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${lineOf(program, command)}`, { cause: error })
  }
}

function lineOf({ name }: Program, { words, arguments: names = [], options = {}, flags = [] }: CliCommand): string {
  const taking = Object.entries(options).map(([option, what]) => `[--${option} <${what}>]`)
  return [
    `npm run ${name} --`,
    words,
    ...names.map((one) => `<${one}>`),
    ...taking,
    ...flags.map((flag) => `[--${flag}]`),
  ].join(' ')
}

const helpOf = (program: Program, command: CliCommand) =>
  [lineOf(program, command), '', command.about, ...(command.details ? ['', command.details] : [])].join('\n')

const overview = (program: Program) =>
  [
    ...program.commands.flatMap((command) => [lineOf(program, command), `    ${command.about}`]),
    '',
    'Each of them explains itself with --help.',
  ].join('\n')
