import { relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compileFunction } from 'node:vm'
import JestRuntime from 'jest-runtime'

/** Jest evaluates its own modules for each file of tests; it need not compile them each time. */
const compiled = new Map()

/**
 * Node loads the tests, from build/, with everything that they import, once for each worker: see environment.mjs. Jest
 * loads only itself.
 */
export default class extends JestRuntime {
  constructor(...options) {
    super(...options)
    const { executor } = this
    executor.compile = (source, filename) => {
      const parameters = executor.injectedModuleParameters
      const key = [filename, ...parameters].join(' ')
      if (!compiled.has(key)) compiled.set(key, compileFunction(source, parameters, { filename }))
      return compiled.get(key)
    }
  }

  unstable_shouldLoadAsEsm(path) {
    return path === this._testPath || super.unstable_shouldLoadAsEsm(path)
  }

  async unstable_importModule(path) {
    globalThis.jest = this.jestGlobals.jestObjectFor(path)
    await import(pathToFileURL(compiledPath(this._config.rootDir, path)))
  }
}

const compiledPath = (root, path) => `${root}/build/${relative(root, path).replace(/\.ts$/, '.js')}`
