/** Runs many checks, some at a time, and tells all that failed: one list says more than the first of them. */
export async function complaintsOf(checks: Iterable<() => Promise<void>>, atOnce = 10): Promise<string[]> {
  const complaints: string[] = []
  const queue = checks[Symbol.iterator]()
  const work = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      await next
        .value()
        .catch((error: unknown) => complaints.push(error instanceof Error ? error.message : String(error)))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return complaints
}
