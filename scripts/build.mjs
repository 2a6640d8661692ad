import { bundlePackages } from './bundle.mjs'
import { fail, node } from './run.mjs'

// npm run build: what the image runs, types checked, with its packages bundled.
try {
  await node('node_modules/@nestjs/cli/bin/nest.js', ['build'])
  await bundlePackages('dist')
} catch (error) {
  fail(error)
}
