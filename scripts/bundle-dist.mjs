import { bundlePackages } from './bundle.mjs'

// The second half of npm run build, which makes what the image runs.
await bundlePackages('dist')
