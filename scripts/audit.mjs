import { fail } from './run.mjs'
import { setUpService } from './setup.mjs'

// npm run audit -- <command>: the same service without HTTP, or files alone.
await setUpService().catch(fail)
process.argv.splice(2, 0, 'audit')
await import('../dist/cli.js')
