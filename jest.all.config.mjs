import config from './jest.config.mjs'

/** And what takes processes of its own: they are compiled, started, killed; engines are installed and elected. */
export default {
  ...config,
  testSequencer: '<rootDir>/test/support/jest/sequencer.mjs',
  // Processes wait for each other more than they work.
  maxWorkers: 4,
  testMatch: ['<rootDir>/test/{unit,exhaustive,process}/**/*.test.ts'],
}
