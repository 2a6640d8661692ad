import { relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compileFunction } from 'node:vm'
import JestRuntime from 'jest-runtime'

/**
 * Node loads the tests, from build/, with everything that they import, once for each worker: see environment.mjs. Jest
 * loads only itself.
 */
export default class extends JestRuntime {
  constructor(...options) {
    super(...options)
    const { executor } = this
    executor.compile = (source, filename) => compileFunction(source, executor.injectedModuleParameters, { filename })
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
