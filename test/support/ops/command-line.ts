import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

export interface Ran {
  /** What it ended with: an exit code, or a signal. */
  code: number | string | null
  output: string
  errors: string
}

interface Place {
  readonly folder: string
  readonly environment: Record<string, string>
}

/** The command line, where the service of a deployment is started; one command after the other. */
export const ops = (place: Place, ...args: string[]): Promise<Ran> => typed(place, 'ops', ...args)
export const audit = (place: Place, ...args: string[]): Promise<Ran> => typed(place, 'audit', ...args)

let warm: ChildProcess | undefined
let last: Promise<unknown> = Promise.resolve()

/** In a process that has loaded everything already: a start takes longer than most commands. */
function typed({ folder, environment }: Place, ...args: string[]): Promise<Ran> {
  const { PATH = '' } = process.env
  const ran = last.then(async () => {
    warm ??= forkCommandLine()
    warm.send({ folder, environment: { PATH, ...environment }, args })
    const [result] = (await once(warm, 'message')) as [Ran]
    return result
  })
  last = ran.catch(() => {})
  return ran
}

/** Ends with its parent: when the channel between them closes. Neither keeps the tests from ending. */
function forkCommandLine(): ChildProcess {
  const child = fork(resolve('build/test/support/ops/warm-command-line.js'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  child.unref()
  child.channel?.unref()
  return child
}

/** The command line as it is started by people: a process for itself, beside others. */
export function started({ folder, environment }: Place, ...args: string[]): Promise<Ran> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [resolve('build/src/cli.js'), ...args], {
    cwd: folder,
    env: { PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ran: Ran = { code: null, output: '', errors: '' }
  child.stdout.on('data', (text) => (ran.output += String(text)))
  child.stderr.on('data', (text) => (ran.errors += String(text)))
  return new Promise((done) => {
    child.once('close', (code, signal) => done({ ...ran, code: code ?? signal }))
  })
}
