import config from './jest.config.mjs'

/** The fault table: processes are killed and frozen, each test in a database of its own. */
export default {
  ...config,
  testMatch: ['<rootDir>/test/faults/**/*.test.ts'],
  testPathIgnorePatterns: [],
  testTimeout: 120_000,
  maxWorkers: 2,
}
