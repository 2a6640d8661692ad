import { readFileSync } from 'node:fs'

/**
 * npm puts a shell between itself and us that may not pass a signal on, and either of them may be killed. Without
 * this the service would live on with nobody to stop it: it ends, in order, when one of the two is gone.
 */
export function endWithNpm() {
  if (!process.env.npm_lifecycle_event) return
  const parents = upToNpm()
  const watch = setInterval(() => {
    if (upToNpm() === parents) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 500)
  watch.unref()
}

/** Our parent and, when that is a shell and there is a /proc to tell, the npm above it. Not whoever called npm. */
function upToNpm() {
  try {
    const [, name, rest] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${process.ppid}/stat`, 'utf8'))
    return name.endsWith('sh') ? `${process.ppid} ${rest.split(' ')[1]}` : `${process.ppid}`
  } catch {
    return `${process.ppid}`
  }
}
