import { readFileSync } from 'node:fs'
import { hasCode } from './engine-error.js'

/** Whether a process still runs. One that has ended counts as gone even if nobody has asked for its exit code. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return hasCode(error, 'EPERM') // there, but somebody else's
  }
  return !isZombie(pid)
}

/** In a container without an init nobody reaps the children of a process that was killed. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return true // it went between the two looks
  }
}
