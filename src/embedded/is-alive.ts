import { readFileSync } from 'node:fs'
import { hasCode } from './engine-error.js'

/** Whether a process still runs. A process that has ended does not, even if its parent has not read its exit code. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return hasCode(error, 'EPERM') // it runs, under another user
  }
  return !isZombie(pid)
}

/** In a container without an init, nobody reads the exit codes of the children of a killed process. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return true // it ended since the first check
  }
}
