import { setTimeout as pause } from 'node:timers/promises'
import { Reader } from '../../support/chat/reader.js'
import type { Client } from '../../support/world.js'
import type { PatientClient } from './patient-client.js'
import type { Journal } from './journal.js'

type Ask = Parameters<Reader['read']>[1]

const longestReadMs = 30_000
const patienceMs = 180_000

/**
 * Reads a reply along to its end, however often the stream breaks: it comes back, to another process, with the id of the
 * last event. Answers undefined when the request was refused for good.
 */
export async function readToTheEnd(
  person: PatientClient,
  ask: Ask,
  journal: Journal,
  cutAfter = Infinity,
): Promise<Reader | undefined> {
  const reader = new Reader()
  const since = Date.now()
  let patience = { cutAfter }
  for (let last = ''; !reader.ended; await pause(100)) {
    try {
      await reader.read(person.next(), limited(ask), patience)
    } catch (error) {
      last = String((error as Error).cause ?? error)
      if (String(error).startsWith('Error: 500')) journal.violation('no answer is 500', last)
      if (/^Error: 4(?!08|29)/.test(String(error))) return undefined
    }
    patience = { cutAfter: Infinity }
    if (Date.now() - since < patienceMs) continue
    journal.violation('every stream ends', `${reader.replyId} has no end after ${patienceMs} ms: ${last}`)
    return undefined
  }
  journal.count('streams read along')
  journal.count('streams resumed', reader.connections - 1)
  return reader
}

/** A connection that says nothing for long is given up: its process may be frozen. */
const limited =
  (ask: Ask): Ask =>
  (client: Client, signal: AbortSignal) =>
    ask(client, AbortSignal.any([signal, AbortSignal.timeout(longestReadMs)]))
