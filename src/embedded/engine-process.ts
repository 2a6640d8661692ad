import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'

/** How long an engine may take to end in order. */
const GRACE_MS = 3_000
/** How many characters of an engine's output are kept. The newest ones say why it ended. */
const KEPT_OUTPUT = 64 * 1024

export interface EngineExit {
  /** "code 14" or "SIGKILL" */
  readonly reason: string
  /** The last part of what it printed. */
  readonly output: string
}

export interface EngineProcess {
  readonly pid: number
  /** Settles when the process is gone, and never rejects. */
  readonly exit: Promise<EngineExit>
  kill(signal: NodeJS.Signals): void
  /** Asks it to end, kills it after 3 s, and waits until it is gone. */
  stop(): Promise<void>
}

/** The engine ended, or could not be started, before it was ready. */
export class ExitBeforeReady extends Error {
  constructor(readonly exit: EngineExit) {
    super(`ended with ${exit.reason}: ${exit.output}`)
  }
}

interface LaunchOptions {
  /** Program and arguments. */
  command: readonly string[]
  /** What it prints when it can be used. */
  ready: RegExp
  /** When this aborts, the process is asked to end, ready or not. */
  signal?: AbortSignal | undefined
}

/** Starts an engine as a child that does not outlive this process, and waits until it can be used. */
export async function startProcess({ command, ready, signal }: LaunchOptions): Promise<EngineProcess> {
  const [program = '', ...args] = [...(await parentDeathPrefix()), ...command]
  signal?.throwIfAborted()
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const askToEnd = () => child.kill('SIGTERM')
  signal?.addEventListener('abort', askToEnd, { once: true })

  let output = ''
  const exit = new Promise<EngineExit>((resolve) => {
    child.once('error', (error) => resolve({ reason: 'an error', output: error.message }))
    child.once('close', (code, killer) => resolve({ reason: killer ?? `code ${code}`, output }))
  })
  void exit.then(() => signal?.removeEventListener('abort', askToEnd))

  await new Promise<void>((resolve, reject) => {
    const onOutput = (chunk: Buffer) => {
      output = (output + chunk).slice(-KEPT_OUTPUT)
      if (ready.test(output)) resolve()
    }
    child.stdout.on('data', onOutput)
    child.stderr.on('data', onOutput)
    void exit.then((early) => reject(new ExitBeforeReady(early)))
  })

  return {
    pid: child.pid!,
    exit,
    kill: (name) => void child.kill(name),
    stop: async () => {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
      await exit
      clearTimeout(timer)
    },
  }
}

/**
 * On Linux the kernel ends a child when its parent ends, however that happens. On other systems an engine survives a
 * supervisor that was killed with SIGKILL, and the next start names the process that uses the folder.
 */
const parentDeathPrefix = once(async (): Promise<string[]> => {
  const prefix = ['--pdeathsig', 'TERM']
  const { ran } = await runToEnd(['setpriv', ...prefix, 'true'])
  return ran ? ['setpriv', ...prefix] : []
})

/** Runs a program to its end: whether it succeeded, and what it printed. */
export async function runToEnd(command: readonly string[]): Promise<{ ran: boolean; output: string }> {
  const [program = '', ...args] = command
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: 10_000 })
    return { ran: true, output: stdout }
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string }
    return { ran: false, output: stderr?.trim() || message }
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
