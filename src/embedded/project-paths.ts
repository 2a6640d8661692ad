import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EngineError } from './engine-error.js'

const here = dirname(fileURLToPath(import.meta.url))

/** The project's `embedded/`: the nearest one above this module, which runs from dist, from build, or from src under Jest. */
export function packagesFolder(): string {
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'embedded/package-lock.json'))) return join(folder, 'embedded')
  }
  throw new EngineError(
    'install_failed',
    `there is no embedded/package-lock.json in any folder above ${here}, so nothing can be installed: ` +
      'set MONGODB_URI and REDIS_URL to servers that run already',
  )
}

/** The compiled program of the supervisor. Under Jest, which runs the sources, it is the one in build. */
export function supervisorEntry(): string {
  const beside = join(here, 'supervisor.js')
  return existsSync(beside) ? beside : join(dirname(packagesFolder()), 'build/src/embedded/supervisor.js')
}
