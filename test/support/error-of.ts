/** What the work throws; if nothing, what it returns. */
export function errorOf(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}
