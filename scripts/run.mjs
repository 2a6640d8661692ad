import { spawn } from 'node:child_process'
import { basename } from 'node:path'
import { clearBar } from './bar.mjs'

/** Prints a line of the set-up. The prefix tells it from the output of the tools. */
export function say(line) {
  clearBar()
  console.log(`verbatim: ${line}`)
}

/**
 * Runs a program in the foreground and fails when the program fails; the output of a quiet one is shown only then.
 * Ctrl-C reaches the child by itself, a signal that is sent to this process alone does not. So signals are passed on,
 * and this process ends by the same signal when its child is gone.
 */
export function run(program, args, { cwd, quiet = false, name = program } = {}) {
  const stream = quiet ? 'pipe' : 'inherit'
  const child = spawn(program, args, { cwd, stdio: ['inherit', stream, stream] })
  let output = ''
  for (const pipe of [child.stdout, child.stderr]) {
    pipe?.on('data', (text) => {
      output += text
    })
  }
  let received
  const passOn = (signal) => {
    received = signal
    child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, passOn)
  const killChild = () => child.kill()
  process.on('exit', killChild)

  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, endedBy) => {
      for (const signal of signals) process.off(signal, passOn)
      process.off('exit', killChild)
      if (received) return process.kill(process.pid, received)
      if (code === 0) return resolve()
      process.stderr.write(output)
      return reject(new ProgramError(`${name} ended with ${endedBy ?? `code ${code}`}`, code ?? 1))
    })
  })
}

/** A program has failed and has printed the reason itself. */
export class ProgramError extends Error {
  constructor(message, code) {
    super(message)
    this.code = code
  }
}

export const node = (file, args = [], options = {}) =>
  run(process.execPath, [file, ...args], { name: basename(file), ...options })

/** The npm that runs this script, else the one on the path. */
export function npm(args, options) {
  const cli = process.env.npm_execpath
  if (cli?.endsWith('.js')) return node(cli, args, options)
  return process.platform === 'win32' ? run('cmd', ['/c', 'npm', ...args], options) : run('npm', args, options)
}

/** Ends this process with an error code. The stack is printed only when no program has printed a reason. */
export function fail(error) {
  if (!(error instanceof ProgramError)) console.error(error)
  else say(error.message)
  process.exit(error.code > 0 ? error.code : 1)
}
