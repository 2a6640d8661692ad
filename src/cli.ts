import 'reflect-metadata'
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { NestFactory } from '@nestjs/core'
import { audit } from './audit/cli/audit-program.js'
import { NotProven, UsageError } from './cli/command.js'
import { type CommandLine, parseCommandLine } from './cli/command-line.js'
import { Terminal } from './cli/terminal.js'
import { type Config, loadConfig } from './config/index.js'
import { runningEngines } from './embedded/index.js'
import { ops } from './ops/cli/ops-program.js'
import { completeConfig, startMissingEngines } from './service/complete-config.js'
import { errorText } from './service/errors.js'
import { ServiceLog } from './service/service-log.js'

/** 0: done. 1: failed, at least in part. 2: the command line is wrong, or proves nothing as it is. */
type ExitCode = 0 | 1 | 2

/** How long a command may go on after a signal, to finish the step it is in. Every command may be cut off and repeated. */
const graceMs = 3_000

const say = (line: string) => console.error(`verbatim: ${line}`)

/** Runs one command: the program's name (ops or audit), then the command and its arguments. */
export async function runCommandLine([name, ...args]: readonly string[], signal: AbortSignal): Promise<ExitCode> {
  const terminal = new Terminal(signal)
  try {
    const program = [ops, audit].find((one) => one.name === name)
    if (!program) throw new UsageError(`there is no program ${String(name)}: use npm run ops or npm run audit`)
    const line = parseCommandLine(program, args)
    if ('help' in line) console.log(line.help)
    else if (!(await line.command.offline?.(line.input, terminal))) await runInService(line, terminal)
    return 0
  } catch (error) {
    say(errorText(error))
    return error instanceof UsageError || error instanceof NotProven ? 2 : 1
  }
}

/** As runCommandLine, for a process that is there for this one command: signals stop it, and it ends with the code. */
export async function runAndExit(args: readonly string[]): Promise<never> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stop.abort()
      setTimeout(() => process.exit(1), graceMs)
    })
  }
  process.exit(await runCommandLine(args, stop.signal))
}

/** Uses the modules of the service, but none of its roles: the process serves nothing and does nothing else. */
async function runInService(
  { command, input }: Exclude<CommandLine, { help: string }>,
  terminal: Terminal,
): Promise<void> {
  const config = loadConfig()
  const engines = await enginesFor(config)
  try {
    const complete = { ...(await completeConfig(config, engines)), roles: [] }
    const logLevel = config.logLevel === 'info' ? 'warn' : config.logLevel
    const logger = new ServiceLog({ ...config, production: false, logLevel })
    const { AppModule } = await import('./app.module.js') // loading it takes long, and offline commands do without it
    const app = await NestFactory.createApplicationContext(AppModule.with(complete), { logger, abortOnError: false })
    try {
      await command.run(app, input, terminal)
    } finally {
      await app.close()
    }
  } finally {
    await engines?.stop?.()
  }
}

/** The engines of the service that runs in this data folder. If none runs, the command starts them and stops them. */
async function enginesFor(
  config: Config,
): Promise<{ mongoUri?: string; redisUrl?: string; stop?: () => Promise<void> } | undefined> {
  if (config.mongodbUri && config.redisUrl) return undefined
  return runningEngines(config.dataDir) ?? (await startMissingEngines(config, say))
}

/** Node was started with this file: `node dist/cli.js ops …`. */
const isMain = process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)
if (isMain) void runAndExit(process.argv.slice(2))
