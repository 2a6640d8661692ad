import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { EngineError } from './engine-error.js'
import { isAlive } from './is-alive.js'
import { supervisorEntry } from './project-paths.js'
import type { EnginePids, SupervisorMessage, SupervisorTask } from './supervisor-protocol.js'

/** A supervisor that still runs after this time is killed, and its engines with it. */
const STOP_LIMIT_MS = 4_000

export interface EmbeddedEngines {
  /** Without a database name. */
  readonly mongoUri?: string
  readonly redisUrl?: string
  readonly supervisorPid: number
  /** Changes when mongod dies and is started again. */
  readonly mongodPid?: number
  /** Resolves, and never rejects, when an engine is lost and not started again. */
  readonly failure: Promise<Error>
  /** Stops everything in order, after about 4 s by force. When it returns, no process is left. */
  stop(): Promise<void>
}

/** Starts a supervisor and waits until its engines can be used. */
export async function startSupervisor(task: SupervisorTask, say: (line: string) => void): Promise<EmbeddedEngines> {
  const child = fork(supervisorEntry(), [JSON.stringify(task)], {
    detached: true, // a Ctrl-C at the terminal is for the service alone
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const client = new SupervisorClient(child, say)
  const { mongoUri, redisUrl } = await client.ready
  return {
    ...(mongoUri && { mongoUri }),
    ...(redisUrl && { redisUrl }),
    supervisorPid: child.pid!,
    get mongodPid() {
      return client.pids.mongod
    },
    failure: client.failure,
    stop: () => client.stop(),
  }
}

type Ready = Extract<SupervisorMessage, { type: 'ready' }>

/** The service's side of the channel to its supervisor. */
class SupervisorClient {
  pids: EnginePids = {}
  readonly ready: Promise<Ready>
  readonly failure: Promise<Error>

  private readonly exit: Promise<unknown>
  private stopping: Promise<void> | undefined

  constructor(
    private readonly child: ChildProcess,
    private readonly say: (line: string) => void,
  ) {
    this.exit = new Promise((resolve) => child.once('exit', resolve).once('error', resolve))
    this.failure = new Promise((resolve) => this.onFailure(resolve))
    this.ready = new Promise((resolve, reject) => {
      this.onMessage((message) => message.type === 'ready' && resolve(message))
      void this.rejectWhenGone(reject)
    })
    this.ready.catch(() => {})
    this.onMessage((message) => {
      if ('pids' in message) this.pids = message.pids
      if ('line' in message) this.say(message.line)
    })
  }

  stop(): Promise<void> {
    return (this.stopping ??= this.stopOnce())
  }

  private async stopOnce(): Promise<void> {
    if (this.child.connected) this.child.disconnect()
    const timer = setTimeout(() => this.kill(), STOP_LIMIT_MS)
    await this.exit
    // a supervisor that was killed may leave a mongod that still writes its last checkpoint
    while (this.enginePids().some(isAlive)) await pause(20)
    clearTimeout(timer)
  }

  /** Waits for the stop first: a caller that gets the error may start again, or delete the folder, at once. */
  private async rejectWhenGone(reject: (error: Error) => void): Promise<void> {
    const error = await this.failure
    await this.stop()
    reject(error)
  }

  private kill(): void {
    this.child.kill('SIGKILL')
    for (const pid of this.enginePids().filter(isAlive)) process.kill(pid, 'SIGKILL')
  }

  private enginePids(): number[] {
    return Object.values(this.pids).filter((pid) => pid !== undefined)
  }

  private onFailure(listener: (error: Error) => void): void {
    this.onMessage((message) => message.type === 'failed' && listener(new EngineError(message.code, message.message)))
    const loseSupervisor = (event: string) => {
      listener(new EngineError('engine_lost', `the embedded engines are gone: their supervisor ${event}`))
    }
    this.child.once('error', (error) => loseSupervisor(`could not be started: ${error.message}`))
    this.child.once('exit', (code, signal) => {
      if (!this.stopping) loseSupervisor(`(process ${this.child.pid}) ended with ${signal ?? `code ${code}`}`)
    })
  }

  private onMessage(listener: (message: SupervisorMessage) => void): void {
    this.child.on('message', (message) => listener(message as SupervisorMessage))
  }
}
