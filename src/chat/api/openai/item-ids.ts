import { Refused } from '../../../event-store/errors.js'

/*
 * Clients of OpenAI's API tell things apart by what their ids begin with. Ours are UUIDs: their 32 digits are written
 * behind that beginning, so no table of ids is needed. A reply is both a response and, as its text, a message.
 */

const kinds = { resp: 'response', msg: 'item', conv: 'conversation' } as const

export const openAiId = (kind: keyof typeof kinds, uuid: string): string => `${kind}_${uuid.replaceAll('-', '')}`

/** Refused as not found when it cannot be an id of ours. */
export function uuidOf(kind: keyof typeof kinds, id: string): string {
  const match = /^([a-z]+)_([0-9a-f]{32})$/.exec(id)
  if (match?.[1] !== kind) throw new Refused('not_found', `there is no such ${kinds[kind]}`)
  return match[2]!.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
