import { parseArgs } from 'node:util'
import { type CliCommand, type CommandInput, UsageError } from './command.js'

/** A group of commands: npm run <name> -- <command>. */
export interface Program {
  readonly name: string
  readonly commands: readonly CliCommand[]
}

/** A command and its input, or the help text to print instead. */
export type CommandLine = { command: CliCommand; input: CommandInput } | { help: string }

/** Throws a UsageError when no command, or none with these arguments, is meant. */
export function parseCommandLine(program: Program, args: readonly string[]): CommandLine {
  const command = program.commands.find(({ name }) => name.split(' ').every((token, i) => args[i] === token))
  if (!command) {
    if (args.length === 0 || args.includes('--help') || args.includes('-h')) return { help: overview(program) }
    throw new UsageError(`there is no command ${args.join(' ')}\n\n${overview(program)}`)
  }
  const { help, positionals, ...rest } = parseInput(program, command, args.slice(command.name.split(' ').length))
  if (help) return { help: helpText(program, command) }
  const missing = command.arguments?.[positionals.length]
  if (missing !== undefined) throw new UsageError(`${missing} is missing: ${usageLine(program, command)}`)
  if (positionals.length > (command.arguments?.length ?? 0))
    throw new UsageError(`there are too many arguments: ${usageLine(program, command)}`)
  return { command, input: { arguments: positionals, ...rest } }
}

function parseInput(program: Program, command: CliCommand, args: readonly string[]) {
  const ofType = (names: readonly string[], type: 'string' | 'boolean') =>
    Object.fromEntries(names.map((name) => [name, { type }]))
  const options = {
    ...ofType(Object.keys(command.options ?? {}), 'string'),
    ...ofType(command.flags ?? [], 'boolean'),
    help: { type: 'boolean' as const, short: 'h' },
  }
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true })
    const { help = false, ...values } = parsed.values as Record<string, string | boolean | undefined>
    const flags = new Set((command.flags ?? []).filter((name) => values[name] === true))
    return {
      help: help === true,
      positionals: parsed.positionals,
      options: values as CommandInput['options'],
      flags,
    }
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${usageLine(program, command)}`, { cause: error })
  }
}

function usageLine(program: Program, command: CliCommand): string {
  const { name, arguments: names = [], options = {}, flags = [] } = command
  return [
    `npm run ${program.name} --`,
    name,
    ...names.map((argument) => `<${argument}>`),
    ...Object.entries(options).map(([option, value]) => `[--${option} <${value}>]`),
    ...flags.map((flag) => `[--${flag}]`),
  ].join(' ')
}

const helpText = (program: Program, command: CliCommand) =>
  [usageLine(program, command), '', command.about, ...(command.details ? ['', command.details] : [])].join('\n')

const overview = (program: Program) =>
  [
    ...program.commands.flatMap((command) => [usageLine(program, command), `    ${command.about}`]),
    '',
    'Each command explains itself with --help.',
  ].join('\n')
