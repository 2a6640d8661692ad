import { setTimeout as pause } from 'node:timers/promises'

/** Polls until there is something; fails at the deadline with what the service has said so far. */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  service: { readonly output: string },
  withinMs = 90_000,
): Promise<T> {
  for (const deadline = Date.now() + withinMs; Date.now() < deadline; await pause(20)) {
    const found = await look()
    if (found !== undefined) return found
  }
  throw new Error(`not within ${withinMs} ms: ${what}. The service said:\n${service.output}`)
}
