import { fail } from './run.mjs'
import { setUpService } from './setup.mjs'

// npm run ops -- <command>: the same service without HTTP.
await setUpService().catch(fail)
process.argv.splice(2, 0, 'ops')
await import('../dist/cli.js')
