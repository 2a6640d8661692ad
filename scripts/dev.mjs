import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { watch } from 'node:fs'
import { compile, everything } from './compile.mjs'
import { bundleConsole } from './console.mjs'
import { fail, say } from './run.mjs'
import { setUpEverything } from './setup.mjs'

// npm run dev: the service, its types unchecked. It restarts whenever a source changes.

/** Editors save in several steps, and a checkout touches many files. */
const quietMs = 200

await setUpEverything().catch(fail)
let service = start()

let restartTimer
let restarts = Promise.resolve()
for (const folder of ['src', 'console']) {
  watch(folder, { recursive: true }, (_, file) => {
    if (file?.startsWith('dist')) return
    clearTimeout(restartTimer)
    restartTimer = setTimeout(() => {
      restarts = restarts.then(restart)
    }, quietMs)
  })
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => void stop().then(() => process.exit(0)))
}

function start() {
  return spawn(process.execPath, ['build/src/service.js'], { stdio: 'inherit' })
}

async function restart() {
  try {
    await bundleConsole()
    if (!(await compile(everything))) return
    await stop()
    service = start()
  } catch (error) {
    say(error.message) // the source is not finished: the service keeps running as it was
  }
}

async function stop() {
  if (service.exitCode !== null || service.signalCode !== null) return
  const ended = once(service, 'exit')
  service.kill('SIGTERM')
  await ended
}
