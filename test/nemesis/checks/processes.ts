import type { Deployment } from '../deployment/deployment.js'
import type { Journal } from '../workload/journal.js'

const complaints = /unhandled|uncaught|MaxListenersExceeded|FATAL ERROR|heap out of memory/i

/** No process has ended by itself, or has said that it was close to it. */
export function checkProcesses({ instances }: Deployment, journal: Journal): void {
  for (const { name, ownEnds, output } of instances) {
    for (const end of ownEnds) journal.violation('no process ends by itself', end)
    for (const line of output.split('\n'))
      if (complaints.test(line)) journal.violation('no process ends by itself', `${name}: ${line.slice(0, 500)}`)
  }
}
