/** How the environment's texts become values. Each gives undefined for a text that makes no sense. */

export const oneOf =
  <T extends string>(allowed: readonly T[]) =>
  (text: string): T | undefined =>
    allowed.find((value) => value === text)

/** A comma-separated choice; `all` is short for every one of them. */
export const someOf =
  <T extends string>(allowed: readonly T[]) =>
  (text: string): readonly T[] | undefined => {
    const names = text.split(',').map((name) => name.trim())
    if (names.some((name) => name !== 'all' && !allowed.includes(name as T))) return undefined
    return names.includes('all') ? allowed : allowed.filter((value) => names.includes(value))
  }

/** A number, which may be written as a product: 15*60*1000. */
export const number =
  (least: number, most: number) =>
  (text: string): number | undefined => {
    if (!/^\d+(\.\d+)?(\s*\*\s*\d+(\.\d+)?)*$/.test(text)) return undefined
    const value = text.split('*').reduce((product, factor) => product * Number(factor), 1)
    return value >= least && value <= most ? value : undefined
  }

export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number | undefined =>
    text.includes('.') ? undefined : number(least, most)(text)

/** A URI of one of these schemes that names a host. */
export const addressOf =
  (...schemes: readonly string[]) =>
  (text: string): string | undefined => {
    const [scheme, rest] = text.split('://', 2)
    return schemes.includes(scheme ?? '') && rest && /^[^\s/]+/.test(rest) ? text : undefined
  }

/** 32 bytes in hex, base64 or base64url. */
export function key256(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (!/^[\w+/-]{43}=?$/.test(text)) return undefined
  return Buffer.from(text, 'base64') // Node reads both alphabets
}

export const yesOrNo = (text: string): boolean | undefined => ({ true: true, false: false })[text.toLowerCase()]

/** Comma-separated values, each right by itself. */
export const listOf =
  <T>(parse: (text: string) => T | undefined) =>
  (text: string): readonly T[] | undefined => {
    const values = text.split(',').map((part) => parse(part.trim()))
    return values.every((value) => value !== undefined) ? values : undefined
  }

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** Milliseconds of a span such as 7d; a bare number counts seconds. */
export function span(text: string): number | undefined {
  const found = /^(\d{1,9})\s*(ms|s|m|h|d|w)?$/.exec(text)
  const ms = found ? Number(found[1]) * units[(found[2] ?? 's') as keyof typeof units] : 0
  return ms > 0 ? ms : undefined
}
