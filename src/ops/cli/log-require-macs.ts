import type { CliCommand } from '../../cli/command.js'
import { Engine } from '../../event-store/engine.js'

export const logRequireMacs: CliCommand = {
  name: 'log require-macs',
  about: 'Believe no append without a MAC from now on, in a log that began before there were MACs',
  details: `Run it when every process of the service runs this build: an older one writes no MACs, and what it appends afterwards
is not believed. From then on an older build does not start. A log that began with MACs is left as it is. The command
may be repeated.`,
  async run(app, _, terminal) {
    terminal.say(`every append from position ${await app.get(Engine).requireMacs()} on must have a MAC`)
  },
}
