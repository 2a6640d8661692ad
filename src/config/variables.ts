import { z } from 'zod'

/** Environment variables as the process gets them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Names every wrong variable at once, so that the operator can correct all of them before the next start. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  constructor(faults: readonly string[]) {
    const lines = faults.map((fault) => `  ${fault}`).join('\n')
    super(`The configuration is wrong:\n${lines}\nEvery variable is explained in .env.example.`)
  }
}

/** What an error message may show of a wrong text. */
const shown = {
  all: (text: string) => JSON.stringify(text),
  address: (text: string) => JSON.stringify(withoutCredentials(text)),
  length: (text: string) => `${text.length} characters (not shown)`,
}

const shownAs = new Map<string, keyof typeof shown>()

/** What may be shown of a variable's text; of a variable that was not read yet, only its length. */
export const shownText = (name: string, text: string): string => shown[shownAs.get(name) ?? 'length'](text)

/** A variable that is empty or blank counts as not set. */
export const textOf = (environment: Environment, name: string): string | undefined =>
  environment[name]?.trim() || undefined
export const isSet = (environment: Environment, name: string): boolean => textOf(environment, name) !== undefined

/**
 * Reads one variable from the whole environment; `show` is what an error message may show of its text. Of several
 * names, the first one that is set counts. The messages of the schema say what the variable expects.
 */
export function variable<T>(
  name: string | readonly string[],
  schema: z.ZodType<T, string | undefined>,
  show: keyof typeof shown = 'all',
) {
  const names = [name].flat()
  for (const one of names) shownAs.set(one, show)
  return z.custom<Environment>().transform((environment, context): T => {
    const set = names.filter((one) => isSet(environment, one))
    for (const used of set.length > 0 ? set : names.slice(0, 1)) {
      const text = textOf(environment, used)
      const { data, error } = schema.safeParse(text)
      if (!error) return data
      const got = text === undefined ? 'nothing' : shownText(used, text)
      context.addIssue({ code: 'custom', message: `${used}: got ${got}, expects ${error.issues[0]!.message}` })
    }
    return z.NEVER
  })
}

/** A group of variables and of other groups. Each of them is given the whole environment. */
export const group = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess(
    (environment) => Object.fromEntries(Object.keys(shape).map((key) => [key, environment])),
    z.object(shape),
  )

/** An address as a log may show it: without user, password and options. */
export function withoutCredentials(address: string): string {
  return address.replace(/^([a-z+]+:\/\/)?.*@/i, '$1…@').replace(/\?.*$/s, '')
}
