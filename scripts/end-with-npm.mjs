import { readFileSync } from 'node:fs'

/**
 * npm starts this process through a shell that may not pass a signal on, and both npm and the shell may be killed.
 * Without this function the service would keep running and nothing would stop it. With it, the service ends in order
 * when one of the two is gone.
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

/** The pid of the parent. If the parent is a shell and /proc exists: also the pid of npm, its parent. */
function upToNpm() {
  try {
    const [, name, rest] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${process.ppid}/stat`, 'utf8'))
    return name.endsWith('sh') ? `${process.ppid} ${rest.split(' ')[1]}` : `${process.ppid}`
  } catch {
    return `${process.ppid}`
  }
}
