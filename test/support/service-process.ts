import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { until } from './until.js'

/** Joined to one file, as `npm start` runs it. */
const joined = resolve('build/src/service.js')
/** The same, file by file: for what changes one of our modules before the service begins. */
export const separate = resolve('build/src/main.js')

/** The compiled service in a process of its own, as in production, with nothing of our environment but the PATH. */
export class ServiceProcess {
  output = ''
  readonly process: ChildProcess
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>

  constructor(
    readonly folder: string,
    environment: Record<string, string> = {},
    nodeOptions: readonly string[] = [],
    program = joined,
  ) {
    const { PATH = '' } = process.env
    const channel = nodeOptions.length > 0 ? ['ipc' as const] : [] // for what the options load
    this.process = spawn(process.execPath, [...nodeOptions, program], {
      cwd: folder,
      env: { PATH, PORT: '0', DATA_DIR: join(folder, 'data'), ...environment },
      stdio: ['ignore', 'pipe', 'pipe', ...channel],
    })
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (text) => {
        this.output += String(text)
      })
    }
    this.ended = new Promise((done) => {
      this.process.once('close', (code, signal) => done(code ?? signal))
    })
  }

  /** Waits until it says where it listens. */
  async url(): Promise<string> {
    return await until('the service is ready', () => /ready: (http:\S+)/.exec(this.output)?.[1], this)
  }

  /** Told to stop, if it still runs; resolves when it has ended. */
  async close(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGTERM')
    await this.ended
  }

  /** Of what belongs to its data folder: the supervisor and mongod. */
  async enginePids(): Promise<number[]> {
    const files = ['supervisor.pid', 'mongo/mongod.lock']
    return await Promise.all(
      files.map(async (file) => Number.parseInt(await readFile(join(this.folder, 'data', file), 'utf8'), 10)),
    )
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
