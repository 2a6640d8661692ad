import { availableParallelism } from 'node:os'

export default {
  // Node loads the tests as scripts/test.mjs has compiled them.
  testEnvironment: '<rootDir>/test/support/jest/environment.mjs',
  runtime: '<rootDir>/test/support/jest/runtime.mjs',
  transform: {},
  reporters: ['default', '<rootDir>/test/support/jest/progress.mjs'],
  roots: ['<rootDir>/test'],
  // What a newcomer runs. See jest.all.config.mjs for the others.
  testMatch: ['<rootDir>/test/unit/**/*.test.ts'],
  // Nothing here is about speed: a limit ends what hangs, also on a machine that has much else to do.
  testTimeout: 180_000,
  // One more than cores: tests wait as well.
  maxWorkers: Math.max(3, availableParallelism() + 1),
  cacheDirectory: '<rootDir>/.cache/jest',
  // One mongod and one Valkey for the whole run.
  globalSetup: '<rootDir>/test/support/engines/setup.mjs',
  globalTeardown: '<rootDir>/test/support/engines/teardown.mjs',
}
