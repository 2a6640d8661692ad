import { endWithNpm } from './end-with-npm.mjs'
import { fail } from './run.mjs'
import { setUpService } from './setup.mjs'

endWithNpm()
await setUpService().catch(fail)
// In this very process: one less to start, to signal and to leave behind.
await import('../dist/main.js')
