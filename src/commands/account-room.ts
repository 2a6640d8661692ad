import { Refused } from '../event-store/errors.js'

/** Why an account that has this many of something may not have one more; undefined while it may. */
export function refusalIfFull(what: string, count: number, most: number): Refused | undefined {
  if (count < most) return undefined
  return new Refused('account_full', `an account has at most ${most} ${what}; delete some of yours first`)
}
