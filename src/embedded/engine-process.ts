import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'

/** How long an engine may take to end in good order. */
const GRACE_MS = 3_000
/** How much of an engine's output is remembered: its last words are in there. */
const REMEMBERED = 64 * 1024

export interface EngineExit {
  /** "code 14" or "SIGKILL" */
  readonly how: string
  /** The last of what it printed. */
  readonly output: string
}

export interface EngineProcess {
  readonly pid: number
  /** Settles when the process is gone, and never rejects. */
  readonly exited: Promise<EngineExit>
  kill(signal: NodeJS.Signals): void
  /** Asks it to end, insists after 3 s, and waits until it is gone. */
  stop(): Promise<void>
}

/** It ended, or could not even be started, before it was ready. */
export class ExitBeforeReady extends Error {
  constructor(readonly exit: EngineExit) {
    super(`ended with ${exit.how}: ${exit.output}`)
  }
}

interface LaunchOptions {
  /** Program and arguments. */
  command: readonly string[]
  /** What it prints once it can be used. */
  ready: RegExp
  /** When this aborts the process is asked to end, ready or not. */
  signal?: AbortSignal | undefined
}

/** Starts an engine as a child that does not outlive us, and waits until it can be used. */
export async function startProcess({ command, ready, signal }: LaunchOptions): Promise<EngineProcess> {
  const [program = '', ...args] = [...(await parentDeathPrefix()), ...command]
  signal?.throwIfAborted()
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const askToEnd = () => child.kill('SIGTERM')
  signal?.addEventListener('abort', askToEnd, { once: true })

  let output = ''
  const exited = new Promise<EngineExit>((resolve) => {
    child.once('error', (error) => resolve({ how: 'an error', output: error.message }))
    child.once('close', (code, killer) => resolve({ how: killer ?? `code ${code}`, output }))
  })
  void exited.then(() => signal?.removeEventListener('abort', askToEnd))

  await new Promise<void>((resolve, reject) => {
    const listen = (chunk: Buffer) => {
      output = (output + chunk).slice(-REMEMBERED)
      if (ready.test(output)) resolve()
    }
    child.stdout.on('data', listen)
    child.stderr.on('data', listen)
    void exited.then((exit) => reject(new ExitBeforeReady(exit)))
  })

  return {
    pid: child.pid!,
    exited,
    kill: (name) => void child.kill(name),
    stop: async () => {
      child.kill('SIGTERM')
      const insist = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
      await exited
      clearTimeout(insist)
    },
  }
}

/**
 * On Linux the kernel itself ends a child whose parent dies, however it dies. Elsewhere an engine survives a supervisor
 * that was killed with SIGKILL, and the next start says which process is in the way.
 */
const parentDeathPrefix = once(async (): Promise<string[]> => {
  const prefix = ['--pdeathsig', 'TERM']
  const { ran } = await runToEnd(['setpriv', ...prefix, 'true'])
  return ran ? ['setpriv', ...prefix] : []
})

/** Runs a program to its end: whether that went well, and what it printed. */
export async function runToEnd(command: readonly string[]): Promise<{ ran: boolean; words: string }> {
  const [program = '', ...args] = command
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: 10_000 })
    return { ran: true, words: stdout }
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string }
    return { ran: false, words: stderr?.trim() || message }
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}
