import { isatty } from 'node:tty'
import { ConsoleLogger, type LogLevel as NestLevel } from '@nestjs/common'
import type { Config, LogLevel } from '../config.js'

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
const wiring = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication'])

/** Nest's report of a start that failed; main.ts tells it once, and better. */
const startFailure = 'ExceptionHandler'

/** The service's own log: lines for people in development, one JSON object a line in production. */
export class ServiceLog extends ConsoleLogger {
  constructor({ logLevel, production }: Pick<Config, 'logLevel' | 'production'>) {
    const names = Object.keys(nestLevels) as LogLevel[]
    super({
      json: production,
      prefix: 'verbatim',
      colors: !production && isatty(process.stdout.fd),
      logLevels: names.slice(0, names.indexOf(logLevel) + 1).map((name) => nestLevels[name]),
    })
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
