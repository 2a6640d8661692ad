import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { isAlive } from '../../../src/embedded/is-alive.js'
import { type EmbeddedEngineOptions, type EmbeddedEngines, startEngines } from '../../../src/embedded/index.js'

/** Of one test file: its folders, and whatever it has started and not ended. */
const folders: string[] = []
const running: (() => unknown)[] = []

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'verbatim-embedded-'))
  folders.push(folder)
  return folder
}

/** Engines as a service starts them. */
export async function start(options: Partial<EmbeddedEngineOptions> & { dataDir: string }): Promise<EmbeddedEngines> {
  const engines = await startEngines({ mongo: true, redis: true, ...options })
  running.push(() => engines.stop())
  return engines
}

export interface Parent extends Pick<EmbeddedEngines, 'supervisorPid' | 'mongoUri' | 'redisUrl'> {
  pid: number
  mongodPid: number
}

/** A process of its own that starts both engines, to be killed. */
export function spawnParent(dataDir: string): ChildProcessByStdio<null, Readable, null> {
  const options = JSON.stringify({ dataDir, mongo: true, redis: true })
  const program = resolve('test/support/embedded/parent.mjs')
  const child = spawn(process.execPath, [program, options], { stdio: ['ignore', 'pipe', 'inherit'] })
  running.push(() => child.kill('SIGKILL'))
  return child
}

/** The same, when it has started them. */
export async function startParent(dataDir: string): Promise<Parent> {
  const child = spawnParent(dataDir)
  const [line] = await once(child.stdout, 'data')
  return { pid: child.pid!, ...JSON.parse(String(line)) }
}

export async function endEverything(): Promise<void> {
  for (const end of running.splice(0)) await end()
  for (const folder of folders.splice(0))
    rmSync(folder, { recursive: true, force: true, maxRetries: 200, retryDelay: 50 })
}

/** Waits for a fact, not for a time; fails by name when it does not come true. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>, within = 60_000): Promise<void> {
  const deadline = Date.now() + within
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`not within ${within} ms: ${what}`)
    await pause(20)
  }
}

export async function allGone(pids: readonly number[], within?: number): Promise<void> {
  await until(`processes ${pids.join(', ')} are gone`, () => !pids.some(isAlive), within)
}
