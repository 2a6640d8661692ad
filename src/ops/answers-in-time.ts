const patienceMs = 2000

/** Whether an engine answers soon enough to be relied on; a frozen one counts as one that is away. */
export async function answersInTime(ask: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, patienceMs, false)
  })
  const answered = ask().then(
    () => true,
    () => false,
  )
  return await Promise.race([answered, tooLate]).finally(() => clearTimeout(timer))
}
