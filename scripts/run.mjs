import { spawn } from 'node:child_process'
import { basename } from 'node:path'

/** A line about what the set-up does, told apart from what the tools print themselves. */
export const say = (line) => console.log(`verbatim: ${line}`)

/**
 * Runs a program in the foreground and fails when it does; what a quiet one says is shown only then. Ctrl-C reaches
 * the child by itself, a signal sent to this process alone does not: both are passed on, and this process ends by the
 * same signal once its child is gone.
 */
export function run(program, args, { cwd, quiet = false, name = program } = {}) {
  const output = quiet ? 'pipe' : 'inherit'
  const child = spawn(program, args, { cwd, stdio: ['inherit', output, output] })
  let words = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text) => {
      words += text
    })
  }
  let received
  const pass = (signal) => {
    received = signal
    child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, pass)
  const endToo = () => child.kill()
  process.on('exit', endToo)

  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, endedBy) => {
      for (const signal of signals) process.off(signal, pass)
      process.off('exit', endToo)
      if (received) return process.kill(process.pid, received)
      if (code === 0) return resolve()
      process.stderr.write(words)
      return reject(new Failed(`${name} ended with ${endedBy ?? `code ${code}`}`, code ?? 1))
    })
  })
}

/** Something we ran has failed and has said why itself. */
export class Failed extends Error {
  constructor(message, code) {
    super(message)
    this.code = code
  }
}

export const node = (file, args = [], options = {}) =>
  run(process.execPath, [file, ...args], { name: basename(file), ...options })

/** The npm that runs us, else the one on the path. */
export function npm(args, options) {
  const cli = process.env.npm_execpath
  if (cli?.endsWith('.js')) return node(cli, args, options)
  return process.platform === 'win32' ? run('cmd', ['/c', 'npm', ...args], options) : run('npm', args, options)
}

/** Ends this process as a command line should: quietly when a tool has spoken already, loudly otherwise. */
export function fail(error) {
  if (!(error instanceof Failed)) console.error(error)
  else say(error.message)
  process.exit(error.code > 0 ? error.code : 1)
}
