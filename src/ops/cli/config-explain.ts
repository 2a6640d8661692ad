import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CliCommand, UsageError } from '../../cli/command.js'
import { explainVariables } from '../../config/config-explanation.js'
import { ownEnvironment } from '../../config/index.js'

export const configExplain: CliCommand = {
  name: 'config',
  about: 'Say for each environment variable its value, where the value comes from, and what it does',
  details: `For a process that is started in this folder, with the environment of this command. A process reads its variables
once, when it starts: to change one, restart it. Of keys and tokens only the length is shown. With --set only variables
that the environment or .env sets are shown, with --name only those whose names contain that text.
It ends with 1 if a process would not start with these values, and says why.`,
  options: { name: 'part of a name' },
  flags: ['set'],
  async offline({ options: { name = '' }, flags }, terminal, folder) {
    const { variables, error } = explainVariables(ownEnvironment(), folder(), readFileSync(exampleFile(), 'utf8'))
    const wanted = variables.filter(
      (one) =>
        one.name.includes(name.toUpperCase()) && (!flags.has('set') || ['environment', '.env'].includes(one.source)),
    )
    if (wanted.length === 0 && name !== '') throw new UsageError(`no variable has ${name} in its name`)
    for (const { name: variable, value, source, about } of wanted) {
      terminal.say(`${variable}=${value ?? ''} (${source === 'nothing' ? 'not set' : source})`)
      terminal.say(`    ${about}`)
    }
    if (error) throw error
    return true
  },
}

/** In the folder where the program is installed: this module runs from dist, or from build. */
function exampleFile(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, '.env.example'))) return join(folder, '.env.example')
  throw new UsageError('.env.example, which explains the variables, is missing where the program is installed')
}
