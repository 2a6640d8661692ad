import { spawn } from 'node:child_process'
import { resolve } from 'node:path'

const program = resolve('build/src/cli.js')

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

/** The command line in a process of its own, where the service of a deployment is started. */
export function ops({ folder, environment }: Place, ...args: string[]): Promise<Ran> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, env: { PATH, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  const ran: Ran = { code: null, output: '', errors: '' }
  child.stdout.on('data', (text) => (ran.output += String(text)))
  child.stderr.on('data', (text) => (ran.errors += String(text)))
  return new Promise((done) => {
    child.once('close', (code, signal) => done({ ...ran, code: code ?? signal }))
  })
}
