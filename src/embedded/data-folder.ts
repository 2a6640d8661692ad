import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { EngineError, hasCode } from './engine-error.js'
import { isAlive } from './is-alive.js'

/** An owner that is stopping has ended within this time. One that still lives after it is not stopping. */
const LONGEST_STOP_MS = 5_000

export const mongoFolder = (dataDir: string): string => join(dataDir, 'mongo')
export const redisFolder = (dataDir: string): string => join(dataDir, 'redis')

/** Whether a service has kept a database here. */
export const hasDatabase = (dataDir: string): boolean => existsSync(join(mongoFolder(dataDir), 'WiredTiger'))

/** Makes the folder and those inside it, for their owner only. Throws if the folder cannot be used. */
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
 * Claims the folder for this process, a supervisor, and returns the function that releases it. The file supervisor.pid
 * in the folder has the pid of the supervisor and of its service. A supervisor takes over the file of one that has
 * ended. Two that take it over at the same moment could both succeed. Then mongod's own lock stops one of them; without
 * a mongod only the data of Redis is at risk, which is never the truth.
 */
export async function claimDataFolder(dataDir: string): Promise<() => void> {
  const file = join(dataDir, 'supervisor.pid')
  await retryWhileInUse(() => {
    const { supervisor, service } = readOwners(file)
    if (supervisor && isSupervisorOf(dataDir, supervisor)) {
      throw folderInUse(dataDir, `another Verbatim (process ${service})`)
    }
    writeFileSync(file, `${process.pid} ${process.ppid}\n`)
  })
  return () => rmSync(file, { force: true })
}

/** Tries again for as long as the owner of the folder may be stopping. */
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

/** Whether a supervisor owns the folder right now. */
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

/** After a reboot, and soon in a container, a pid belongs to another process. Where it can be read, the command decides. */
function isSupervisorOf(dataDir: string, pid: number): boolean {
  if (pid === process.pid || !isAlive(pid)) return false
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(JSON.stringify(dataDir))
  } catch {
    return process.platform !== 'linux'
  }
}
