import config from './jest.config.mjs'

/** The fault table: processes are killed and frozen, each test in a database of its own. */
export default {
  ...config,
  testSequencer: '<rootDir>/test/support/jest/sequencer.mjs',
  testMatch: ['<rootDir>/test/fault/**/*.test.ts'],
  maxWorkers: 4,
}
