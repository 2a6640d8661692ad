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

/** A whole number, which may be written as a product: 15*60*1000. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number | undefined => {
    if (!/^\d+(\s*\*\s*\d+)*$/.test(text)) return undefined
    const value = text.split('*').reduce((product, factor) => product * Number(factor), 1)
    return value >= least && value <= most ? value : undefined
  }

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
