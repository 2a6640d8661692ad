const width = 24
const redrawMs = 250

/** What happens, how much of it is done and what is left: a line that is redrawn. Only on a terminal. */
let draw = () => {}

/** Takes the line away, so that another one can be printed. */
export const clearBar = () => {
  if (process.stdout.isTTY) process.stdout.write('\r\u001B[K')
}

/** Does the steps, each a name and its work, one after the other. */
export async function withBar(steps) {
  const startedAt = performance.now()
  const timer = process.stdout.isTTY && setInterval(() => draw(), redrawMs)
  try {
    for (const [i, [, work]] of steps.entries()) {
      draw = () => process.stdout.write(`\r\u001B[K${lineOf(steps, i, performance.now() - startedAt)}`)
      await work()
    }
  } finally {
    draw = () => {}
    clearInterval(timer)
    clearBar()
  }
}

function lineOf(steps, at, ms) {
  const full = Math.round((at / steps.length) * width)
  const [now, ...left] = steps.slice(at).map(([name]) => name)
  const next = left.length > 0 ? `; left: ${left.join(', ')}` : ''
  const line = `${'█'.repeat(full)}${'░'.repeat(width - full)} ${Math.round(ms / 1000)} s, ${now}${next}`
  return line.slice(0, process.stdout.columns ?? 80)
}
