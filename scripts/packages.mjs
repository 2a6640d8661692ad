import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { npm, say } from './run.mjs'

/**
 * Brings a folder's node_modules to what its lock says. As its last step, npm writes a lock of what it has installed
 * into node_modules. Comparing the two locks is right after a `git checkout` and in copied folders, and an install that
 * was interrupted counts as none.
 */
export async function installPackages(folder, what, options = []) {
  if (await isInstalled(folder)) return false
  const started = performance.now()
  say(`installing ${what} …`)
  // loglevel: some packages ask for a newer Node than they need, and the warnings would hide what matters
  const plain = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
  // an unreachable registry is reported within seconds; by default npm takes more than a minute
  const retries = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000']
  await npm(['ci', ...plain, ...retries, ...options], { cwd: folder, quiet: true, name: `installing ${what}` })
  say(`installed ${what} in ${((performance.now() - started) / 1000).toFixed(1)} s`)
  return true
}

export async function isInstalled(folder) {
  const wanted = await packagesOf(join(folder, 'package-lock.json'))
  const present = await packagesOf(join(folder, 'node_modules/.package-lock.json'))
  if (!present) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    const found = present[path]
    if (!found) return Boolean(entry.optional) // it is for another platform
    return found.version === entry.version && found.integrity === entry.integrity
  })
}

async function packagesOf(lock) {
  try {
    return JSON.parse(await readFile(lock, 'utf8')).packages
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
