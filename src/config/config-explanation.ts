import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { readConfig } from './index.js'
import { ConfigError, type Environment, isSet, shownText, textOf } from './variables.js'

/** Where a value comes from. Of nothing, it is what .env.example says under "Empty". */
export type ValueSource = 'environment' | '.env' | 'default' | 'nothing'

export interface ExplainedVariable {
  name: string
  source: ValueSource
  /** As far as it may be shown: of a key only its length. */
  value?: string
  about: string
}

export interface ExplainedConfig {
  variables: ExplainedVariable[]
  /** What is wrong with the values, for a process that is started with them. */
  error?: ConfigError
}

/** What a process would take that is started in this folder with this environment, and what each variable does. */
export function explainVariables(environment: Environment, folder: string, example: string): ExplainedConfig {
  const inFile = join(folder, '.env')
  const file: Environment = existsSync(inFile) ? parseEnv(readFileSync(inFile, 'utf8')) : {}
  const error = configErrorOf({ ...file, ...environment }, folder)
  const defaults: Environment = parseEnv(example)
  const variables = aboutsIn(example).map(({ name, about }) => {
    // As Node reads .env: a variable that the environment has, even empty, hides that of the file.
    const places = [
      ['environment', environment],
      ...(environment[name] === undefined ? [['.env', file] as const] : []),
      ['default', defaults],
    ] as const
    const [source, values] = places.find(([, where]) => isSet(where, name)) ?? ['nothing']
    return { name, source, ...(values && { value: shownText(name, textOf(values, name)!) }), about }
  })
  return { variables, ...(error && { error }) }
}

function configErrorOf(environment: Environment, folder: string): ConfigError | undefined {
  try {
    readConfig(environment, { folder })
    return undefined
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
}

/** Each variable with the comment above it; variables that follow each other share one. */
function aboutsIn(example: string): Pick<ExplainedVariable, 'name' | 'about'>[] {
  return example.split(/\n\s*\n/).flatMap((block) => {
    const lines = block.split('\n')
    const about = lines.flatMap((line) => /^# ?(.*)/.exec(line)?.[1] ?? []).join(' ')
    return lines.flatMap((line) => {
      const name = /^([A-Z][A-Z0-9_]*)=/.exec(line)?.[1]
      return name === undefined ? [] : [{ name, about }]
    })
  })
}
