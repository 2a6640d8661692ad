import { runCommandLine } from '../../../src/cli.js'

/** What somebody has typed, and where. */
export interface Typing {
  folder: string
  environment: Record<string, string>
  args: string[]
}

let output = ''
let errors = ''
process.stdout.write = (text: string | Uint8Array) => ((output += String(text)), true)
process.stderr.write = (text: string | Uint8Array) => ((errors += String(text)), true)

// The command line in a process that stays: what every command needs is loaded once and not for each.
process.on('message', ({ folder, environment, args }: Typing) => {
  ;[output, errors] = ['', '']
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, environment)
  process.chdir(folder)
  void runCommandLine(args, new AbortController().signal).then((code) => process.send!({ code, output, errors }))
})
process.on('disconnect', () => process.exit())
