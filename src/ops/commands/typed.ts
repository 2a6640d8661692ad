import { parseArgs } from 'node:util'
import { type OpsCommand, type Typed, UsageError } from './command.js'
import { keysRotate } from './keys-rotate.js'
import { projectionsList, projectionsPause, projectionsRebuild, projectionsResume } from './projections.js'
import { repliesOpen, repliesReconcile } from './replies.js'
import { retentionRun } from './retention-run.js'
import { usersGrant } from './users-grant.js'

const commands: readonly OpsCommand[] = [
  retentionRun,
  usersGrant,
  repliesOpen,
  repliesReconcile,
  keysRotate,
  projectionsList,
  projectionsRebuild,
  projectionsPause,
  projectionsResume,
]

/** A command to run, or what to tell whoever asked for help. */
export type Understood = { command: OpsCommand; typed: Typed } | { help: string }

/** Throws a UsageError for what makes no sense. */
export function understand(args: readonly string[]): Understood {
  const command = commands.find(({ words }) => words.split(' ').every((word, i) => args[i] === word))
  if (!command) {
    if (args.length === 0 || args.includes('--help') || args.includes('-h')) return { help: overview() }
    throw new UsageError(`there is no command ${args.join(' ')}\n\n${overview()}`)
  }
  const { help, positionals, options } = parsed(command, args.slice(command.words.split(' ').length))
  if (help) return { help: helpOf(command) }
  const missing = command.arguments?.[positionals.length]
  if (missing !== undefined) throw new UsageError(`${missing} is missing: ${lineOf(command)}`)
  if (positionals.length > (command.arguments?.length ?? 0)) throw new UsageError(`that is too much: ${lineOf(command)}`)
  return { command, typed: { arguments: positionals, options } }
}

function parsed(command: OpsCommand, args: readonly string[]) {
  const names = Object.keys(command.options ?? {})
  const options = { ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])), help: { type: 'boolean' as const, short: 'h' } }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const { help = false, ...given } = values
    return { help, positionals, options: given as Typed['options'] }
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${lineOf(command)}`, { cause: error })
  }
}

function lineOf({ words, arguments: names = [], options = {} }: OpsCommand): string {
  const parts = [...names.map((name) => `<${name}>`), ...Object.entries(options).map(([name, what]) => `[--${name} <${what}>]`)]
  return ['npm run ops --', words, ...parts].join(' ')
}

const helpOf = (command: OpsCommand) => [lineOf(command), '', command.about, ...(command.details ? ['', command.details] : [])].join('\n')

const overview = () => [...commands.flatMap((command) => [lineOf(command), `    ${command.about}`]), '', 'Each of them explains itself with --help.'].join('\n')
