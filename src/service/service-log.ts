import { createWriteStream, type WriteStream } from 'node:fs'
import { isatty } from 'node:tty'
import { ConsoleLogger, type LogLevel as NestLevel } from '@nestjs/common'
import type { Config, LogLevel } from '../config/index.js'

/** From the gravest down, with Nest's names for them. */
const nestLevels: Record<LogLevel, NestLevel> = {
  fatal: 'fatal',
  error: 'error',
  warn: 'warn',
  info: 'log',
  debug: 'debug',
  trace: 'verbose',
}

/** Where Nest tells what it maps and initialises: of use to whoever debugs the wiring, noise to everyone else. */
const wiring = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'WebSocketsController',
])

/** Nest's report of a start that failed; main.ts tells it once, and better. */
const startFailure = 'ExceptionHandler'

/** The service's own log: lines for people in development, one JSON object a line in production, and in a file if wanted. */
export class ServiceLog extends ConsoleLogger {
  private readonly file: WriteStream | undefined

  constructor({ logLevel, logFile, production }: Pick<Config, 'logLevel' | 'logFile' | 'production'>) {
    const names = Object.keys(nestLevels) as LogLevel[]
    super({
      json: production,
      prefix: 'verbatim',
      colors: !production && isatty(process.stdout.fd),
      logLevels: names.slice(0, names.indexOf(logLevel) + 1).map((name) => nestLevels[name]),
    })
    this.file = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' })
    this.file?.on('error', (error) => console.error(`verbatim: LOG_FILE: ${error.message}`))
  }

  protected override printMessages(
    messages: unknown[],
    context = '',
    level: NestLevel = 'log',
    ...rest: never[]
  ): void {
    super.printMessages(messages, context, level, ...rest)
    const time = new Date().toISOString()
    for (const message of messages)
      this.file?.write(`${JSON.stringify({ time, level, context, message: String(message) })}\n`)
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (wiring.has(String(rest.at(-1)))) this.debug(message, ...rest)
    else super.log(message, ...rest)
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) === startFailure) this.debug(message, ...rest)
    else super.error(message, ...rest)
  }
}
