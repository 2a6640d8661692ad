import config from './jest.config.mjs'

/** The fault table: processes are killed and frozen, each test in a database of its own. */
export default {
  ...config,
  testMatch: ['<rootDir>/test/fault/**/*.test.ts'],
  maxWorkers: 4,
}
