import { TestEnvironment } from 'jest-environment-node'

/**
 * Node's own environment, and the way to an application that all test files of this worker share the modules of: what
 * is imported here is loaded by Node, once, and not by Jest for each file.
 */
export default class extends TestEnvironment {
  async setup() {
    await super.setup()
    this.global.openVerbatim = async (environment, log) => {
      const { openApplication } = await import('../../build/test/support/application.js')
      return await openApplication(environment, log)
    }
  }
}
