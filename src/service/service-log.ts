import { createWriteStream, type WriteStream } from 'node:fs'
import { isatty } from 'node:tty'
import { ConsoleLogger, type LogLevel as NestLevel } from '@nestjs/common'
import type { Config } from '../config/index.js'
import { fieldsText } from './log-fields.js'

type LogLevel = Config['logLevel']

/** The most severe first, with Nest's names for them. */
const nestLevels: Record<LogLevel, NestLevel> = {
  fatal: 'fatal',
  error: 'error',
  warn: 'warn',
  info: 'log',
  debug: 'debug',
  trace: 'verbose',
}

/** Contexts in which Nest logs what it maps and initialises. Only those who debug the wiring need these lines. */
const wiringContexts = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'WebSocketsController',
])

/** The context in which Nest reports a failed start. main.ts reports it too, in plain words. */
const startFailure = 'ExceptionHandler'

/**
 * The service's log, one line for each event: for people in development, JSON in production and in the file LOG_FILE.
 * The fields of an event are names of their own in JSON.
 */
export class ServiceLog extends ConsoleLogger {
  private readonly file: WriteStream | undefined

  constructor({ logLevel, logFile, production }: Pick<Config, 'logLevel' | 'logFile' | 'production'>) {
    const names = Object.keys(nestLevels) as LogLevel[]
    super({
      json: production,
      flattenParams: true,
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
    stream?: 'stdout' | 'stderr',
    stack?: unknown,
    fields?: Record<string, unknown>,
  ): void {
    super.printMessages(messages, context, level, stream, stack, fields)
    const time = new Date().toISOString()
    for (const message of messages)
      this.file?.write(`${JSON.stringify({ time, level, context, message: String(message), ...fields })}\n`)
  }

  protected override stringifyParams(fields: Record<string, unknown>): string {
    return fieldsText(fields)
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (wiringContexts.has(String(rest.at(-1)))) this.debug(message, ...rest)
    else super.log(message, ...rest)
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) === startFailure) this.debug(message, ...rest)
    else super.error(message, ...rest)
  }
}
