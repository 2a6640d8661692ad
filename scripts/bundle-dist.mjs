import { bundlePackages } from './bundle.mjs'
import { bundleConsole } from './console.mjs'

// The second half of npm run build, which makes what the image runs.
await Promise.all([bundlePackages('dist'), bundleConsole()])
