import { fail } from './run.mjs'
import { setUpService } from './setup.mjs'

// npm run ops -- <command>, npm run audit -- <command>: the modules of the service without HTTP, or files alone.
await setUpService().catch(fail)
const { runAndExit } = await import('../dist/cli.js')
await runAndExit(process.argv.slice(2))
