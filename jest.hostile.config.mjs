import config from './jest.config.mjs'

/** Somebody attacks the service with requests that are drawn from a seed, by its own documentation. */
export default {
  ...config,
  testMatch: ['<rootDir>/test/hostile/**/*.test.ts'],
  maxWorkers: 1,
}
