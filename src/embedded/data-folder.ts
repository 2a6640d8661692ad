import { accessSync, constants, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { isAlive } from './alive.js'
import { EngineError, hasCode } from './engine-error.js'

/** An owner that was told to end is gone within this time; one that still lives then is not going to leave. */
const LONGEST_STOP_MS = 5_000

export const mongoFolder = (dataDir: string): string => join(dataDir, 'mongo')
export const redisFolder = (dataDir: string): string => join(dataDir, 'redis')

/** Makes the folder (for its owner's eyes only) and what lies in it; says so if it can't be used. */
export function prepareDataFolder(dataDir: string): void {
  try {
    for (const folder of [dataDir, mongoFolder(dataDir), redisFolder(dataDir)]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    }
  } catch (error) {
    throw new EngineError(
      'data_folder_unusable',
      `the data folder ${dataDir} can't be written: ${(error as Error).message}. ` +
        'Make it writable for this user, or name another one in DATA_DIR',
    )
  }
}

/**
 * Takes the folder for this process, a supervisor, as supervisor.pid says inside it, beside the pid of the service that
 * it works for; the result gives it back. A file of a process that died is taken over. Two that take it over at the
 * very same moment could both succeed; mongod's own lock then stops one of them, and without a mongod only Redis data
 * is at stake, which is never the truth.
 */
export async function claimDataFolder(dataDir: string): Promise<() => void> {
  const file = join(dataDir, 'supervisor.pid')
  await retryWhileInUse(() => {
    const { supervisor, service } = readOwners(file)
    if (supervisor && isSupervisorOf(dataDir, supervisor))
      throw folderInUse(dataDir, `another Verbatim (process ${service})`)
    writeFileSync(file, `${process.pid} ${process.ppid}\n`)
  })
  return () => rmSync(file, { force: true })
}

/** Repeats an attempt for as long as whoever has the folder may be about to leave it. */
export async function retryWhileInUse<T>(attempt: () => T | Promise<T>): Promise<T> {
  const deadline = Date.now() + LONGEST_STOP_MS
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!hasCode(error, 'data_folder_in_use') || Date.now() > deadline) throw error
      await pause(100)
    }
  }
}

/** Whether a supervisor has the folder right now. */
export function isFolderInUse(dataDir: string): boolean {
  const { supervisor } = readOwners(join(dataDir, 'supervisor.pid'))
  return supervisor !== undefined && isSupervisorOf(dataDir, supervisor)
}

export function folderInUse(folder: string, owner: string): EngineError {
  return new EngineError(
    'data_folder_in_use',
    `the data folder ${folder} is in use by ${owner}: stop that one first, or name another folder in DATA_DIR`,
  )
}

function readOwners(file: string): { supervisor?: number; service?: number } {
  try {
    const [supervisor = 0, service = 0] = readFileSync(file, 'utf8').split(' ').map(Number)
    return { supervisor, service }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return {}
    throw error
  }
}

/** A pid comes back after a reboot, and in a container almost at once; so where it can be seen, its command decides. */
function isSupervisorOf(dataDir: string, pid: number): boolean {
  if (pid === process.pid || !isAlive(pid)) return false
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(JSON.stringify(dataDir))
  } catch {
    return process.platform !== 'linux'
  }
}
