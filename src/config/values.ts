import { isIP } from 'node:net'
import { z } from 'zod'

// How the text of a variable becomes a value. The message of each schema says what the variable expects.

export const pattern = (regex: RegExp, expects: string) => z.string().regex(regex, expects)

/** A number, which may be written as a product: 15*60*1000. */
export const number = (least: number, most: number, expects: string) =>
  pattern(/^\d+(\.\d+)?(\s*\*\s*\d+(\.\d+)?)*$/, expects)
    .transform((text) => text.split('*').reduce((product, factor) => product * Number(factor), 1))
    .refine((value) => value >= least && value <= most, expects)

export const wholeNumber = (unit: string, least: number, most: number) => {
  const expects = `${unit} from ${least} to ${most}`
  return pattern(/^[^.]*$/, expects).pipe(number(least, most, expects))
}

export const oneOf = <const T extends readonly [string, ...string[]]>(allowed: T) =>
  z.enum(allowed, `one of ${allowed.join(', ')}`)

/** Comma-separated values. */
export const listOf = <T>(item: z.ZodType<T, string>) =>
  z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(item))

/** A URI with one of these schemes and a host. */
export const uri = (...schemes: readonly string[]) => {
  const expects = schemes.map((scheme) => `${scheme}://…`).join(' or ')
  return pattern(/^[^:]+:\/\/[^\s/]/, expects).refine((text) => schemes.includes(text.split('://', 1)[0]!), expects)
}

export const trueOrFalse = z.stringbool({ truthy: ['true'], falsy: ['false'], error: 'true or false' })

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const spanExpects = 'a span of time such as 7d, 12h, 30m or 3600s'

/** Milliseconds of a span of time. A number without a unit counts seconds. */
export const timeSpan = pattern(/^\d{1,9}\s*(ms|s|m|h|d|w)?$/, spanExpects)
  .transform((text) => Number.parseInt(text, 10) * units[(/[a-z]+$/.exec(text)?.[0] ?? 's') as keyof typeof units])
  .refine((ms) => ms > 0, spanExpects)

/** Optional, unless there is a reason why the variable must be set. */
export const optionalUnless = <T>(
  because: string | undefined,
  schema: z.ZodType<T, string>,
  expects: string,
): z.ZodType<T | undefined, string | undefined> =>
  because === undefined ? schema.optional() : z.string(`${expects}, because ${because}`).pipe(schema)

const proxiesExpect = 'the number of proxies (1), or their networks, comma-separated, such as 10.0.0.0/8,::1'

/** A number of proxies, or their networks. */
export const trustedProxies = z.string().transform((text, context): number | string[] => {
  if (/^false$/i.test(text)) return 0
  if (/^true$/i.test(text)) return 1
  if (/^\d{1,2}$/.test(text)) return Number(text)
  const networks = text.split(',').map((part) => part.trim())
  if (networks.every(isNetwork)) return networks
  context.addIssue({ code: 'custom', message: proxiesExpect })
  return z.NEVER
})

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return rest.length === 0 && most > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
}
