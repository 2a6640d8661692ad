import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { isAlive } from './alive.js'
import { EngineError } from './engine-error.js'
import { supervisorEntry } from './root.js'
import type { SupervisorTask, EnginePids, SupervisorMessage } from './supervision.js'

/** A supervisor that has not ended after this long is ended, and its engines with it. */
const PATIENCE_MS = 4_000

export interface EmbeddedEngines {
  /** Without a database name. */
  readonly mongoUri?: string
  readonly redisUrl?: string
  readonly supervisorPid: number
  /** Another one after mongod died and was started again. */
  readonly mongodPid?: number
  /** Resolves, and never rejects, when an engine is lost for good. */
  readonly failure: Promise<Error>
  /** Stops everything in good order, within about 4 s by force; when it returns no process is left. */
  stop(): Promise<void>
}

/** Starts a supervisor, waits until its engines can be used, and is this process's end of the line to it. */
export async function startSupervisor(order: SupervisorTask, say: (line: string) => void): Promise<EmbeddedEngines> {
  const child = fork(supervisorEntry(), [JSON.stringify(order)], {
    detached: true, // a Ctrl-C at the terminal is for the service alone
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const supervised = new SupervisorClient(child, say)
  const { mongoUri, redisUrl } = await supervised.ready
  return {
    ...(mongoUri && { mongoUri }),
    ...(redisUrl && { redisUrl }),
    supervisorPid: child.pid!,
    get mongodPid() {
      return supervised.pids.mongod
    },
    failure: supervised.failure,
    stop: () => supervised.stop(),
  }
}

type Ready = Extract<SupervisorMessage, { type: 'ready' }>

class SupervisorClient {
  pids: EnginePids = {}
  readonly ready: Promise<Ready>
  readonly failure: Promise<Error>

  private readonly exited: Promise<unknown>
  private stopping: Promise<void> | undefined

  constructor(
    private readonly child: ChildProcess,
    private readonly say: (line: string) => void,
  ) {
    this.exited = new Promise((resolve) => child.once('exit', resolve).once('error', resolve))
    this.failure = new Promise((lose) => this.whenLost(lose))
    this.ready = new Promise((resolve, reject) => {
      this.onReport((report) => report.type === 'ready' && resolve(report))
      void this.rejectWhenGone(reject)
    })
    this.ready.catch(() => {})
    this.onReport((report) => this.note(report))
  }

  stop(): Promise<void> {
    return (this.stopping ??= this.end())
  }

  private async end(): Promise<void> {
    if (this.child.connected) this.child.disconnect()
    const insist = setTimeout(() => this.kill(), PATIENCE_MS)
    await this.exited
    // a supervisor that was killed may leave a mongod that still writes its last checkpoint
    while (this.processes().some(isAlive)) await pause(20)
    clearTimeout(insist)
  }

  /** Not before: whoever is told may start again, or delete the folder, at once. */
  private async rejectWhenGone(reject: (error: Error) => void): Promise<void> {
    const error = await this.failure
    await this.stop()
    reject(error)
  }

  private kill(): void {
    this.child.kill('SIGKILL')
    for (const pid of this.processes().filter(isAlive)) process.kill(pid, 'SIGKILL')
  }

  private processes(): number[] {
    return Object.values(this.pids).filter((pid) => pid !== undefined)
  }

  private note(report: SupervisorMessage): void {
    if ('pids' in report) this.pids = report.pids
    if ('line' in report) this.say(report.line)
  }

  private whenLost(lose: (error: Error) => void): void {
    this.onReport((report) => report.type === 'failed' && lose(new EngineError(report.code, report.message)))
    const loseSupervisor = (how: string) => {
      lose(new EngineError('engine_lost', `the embedded engines are gone: their supervisor ${how}`))
    }
    this.child.once('error', (error) => loseSupervisor(`could not be started: ${error.message}`))
    this.child.once('exit', (code, signal) => {
      if (!this.stopping) loseSupervisor(`(process ${this.child.pid}) ended with ${signal ?? `code ${code}`}`)
    })
  }

  private onReport(listen: (report: SupervisorMessage) => void): void {
    this.child.on('message', (report) => listen(report as SupervisorMessage))
  }
}
