import { bundlePackages } from './bundle.mjs'
import { bundleConsole } from './console.mjs'
import { joinProgram } from './join.mjs'

// The second half of npm run build, which makes what the image runs.
await Promise.all([bundlePackages('dist'), bundleConsole()])
await joinProgram('dist/main.js', 'dist/service.js')
