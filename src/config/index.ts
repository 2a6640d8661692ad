import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { type ConfigUse, configSchema } from './schema.js'
import { ConfigError, type Environment, isSet } from './variables.js'

/** The environment, parsed and validated once. */
export type Config = Readonly<z.output<ReturnType<typeof configSchema>>>

/** The configuration after the engines were started and the keys generated that the environment does not name. */
export interface CompleteConfig extends Config {
  readonly mongodbUri: string
  readonly redisUrl: string
  readonly masterKey: Buffer
  /** Removes the previous master key from the data folder, if it was generated there; the name of its file if it was. */
  readonly forgetPreviousKey: () => Promise<string | undefined>
}

/** The token under which the complete configuration is injected. */
export const CONFIG = Symbol('config')

/** Reads the process's environment, and a .env file in the folder for what the environment leaves open. */
export function loadConfig(use: ConfigUse = {}): Config {
  const file = join(use.folder ?? '.', '.env')
  if (existsSync(file)) process.loadEnvFile(file)
  return readConfig(process.env, use)
}

export const ownEnvironment = (): Environment => process.env

/** Whether this process was given a database or a data folder, whatever any .env file says. */
export const isConfigured = (): boolean => isSet(process.env, 'MONGODB_URI') || isSet(process.env, 'DATA_DIR')

/** Throws one ConfigError that names every variable that is wrong. */
export function readConfig(environment: Environment, use?: ConfigUse): Config {
  const { data, error } = configSchema(environment, use).safeParse(environment)
  if (error) throw new ConfigError(error.issues.map(({ message }) => message))
  return data
}
