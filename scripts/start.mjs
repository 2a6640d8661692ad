import { endWithNpm } from './end-with-npm.mjs'
import { fail } from './run.mjs'
import { setUpService } from './setup.mjs'

endWithNpm()
await setUpService().catch(fail)
// In this process: a second one would have to be started, to get signals, and to be ended.
await import('../dist/service.js')
