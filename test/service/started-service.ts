import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const program = resolve('build/src/main.js')

/** The compiled service in a process of its own, as in production, with nothing of our environment but the PATH. */
export class StartedService {
  output = ''
  readonly process: ChildProcess
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string | null>

  constructor(
    readonly folder: string,
    environment: Record<string, string> = {},
  ) {
    const { PATH = '' } = process.env
    this.process = spawn(process.execPath, [program], {
      cwd: folder,
      env: { PATH, PORT: '0', DATA_DIR: join(folder, 'data'), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
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

  /** Of what belongs to its data folder: the supervisor and mongod. */
  async enginePids(): Promise<number[]> {
    const files = ['supervisor.pid', 'mongo/mongod.lock']
    return await Promise.all(
      files.map(async (file) => Number.parseInt(await readFile(join(this.folder, 'data', file), 'utf8'), 10)),
    )
  }
}

/** Polls until there is something; fails at the deadline with what the service has said so far. */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  service: StartedService,
  withinMs = 25_000,
): Promise<T> {
  for (const deadline = Date.now() + withinMs; Date.now() < deadline; await pause(20)) {
    const found = await look()
    if (found !== undefined) return found
  }
  throw new Error(`not within ${withinMs} ms: ${what}. The service said:\n${service.output}`)
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
