/** Environment variables as they come. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What is wrong with one variable, in words for whoever set it. */
interface Fault {
  variable: string
  got: string
  expects: string
}

/** Everything that is wrong with the environment, at once, so that nobody mends it one start at a time. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  constructor(readonly faults: readonly Fault[]) {
    const lines = faults.map(({ variable, got, expects }) => `  ${variable}: got ${got}, expects ${expects}`)
    super(`The configuration is wrong:\n${lines.join('\n')}\nEvery variable is explained in .env.example.`)
  }
}

/** How a text becomes a value: undefined when it can't. */
type Parse<T> = (text: string) => T | undefined

/** How much of a wrong value may be shown. */
const shown = {
  plain: (text: string) => JSON.stringify(text),
  address: (text: string) => JSON.stringify(withoutCredentials(text)),
  secret: (text: string) => `${text.length} characters (not shown)`,
}

/** Reads variables one by one and remembers each that is wrong. A variable that is empty or blank counts as unset. */
export class EnvironmentReader {
  private readonly faults: Fault[] = []

  constructor(private readonly environment: Environment) {}

  read<T>(variable: string, expects: string, parse: Parse<T>, show: keyof typeof shown = 'plain'): T | undefined {
    const text = this.environment[variable]?.trim()
    if (!text) return undefined
    const value = parse(text)
    if (value === undefined) this.refuse(variable, shown[show](text), expects)
    return value
  }

  isSet(variable: string): boolean {
    return Boolean(this.environment[variable]?.trim())
  }

  refuse(variable: string, got: string, expects: string): void {
    this.faults.push({ variable, got, expects })
  }

  /** Called last: a configuration is right as a whole or not used at all. */
  throwIfWrong(): void {
    if (this.faults.length > 0) throw new ConfigError(this.faults)
  }
}

/** An address as it may appear in a log: without user, password and options. */
export function withoutCredentials(address: string): string {
  return address.replace(/^([a-z+]+:\/\/)?.*@/i, '$1…@').replace(/\?.*$/s, '')
}
