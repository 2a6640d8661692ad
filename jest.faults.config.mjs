import config from './jest.config.mjs'

/** The fault table freezes and kills what others would be using: one test at a time, each with the time it takes. */
export default {
  ...config,
  testMatch: ['<rootDir>/test/faults/**/*.test.ts'],
  testPathIgnorePatterns: [],
  testTimeout: 120_000,
  maxWorkers: 1,
}
