const compiler = {
  parser: { syntax: 'typescript', decorators: true, dynamicImport: true },
  transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  target: 'es2022',
  keepClassNames: true,
}
const swc = (jsc) => ['@swc/jest', { swcrc: false, sourceMaps: 'inline', module: { type: 'commonjs' }, jsc }]

/** ES modules without a CommonJS twin, and mongodb for its `import('os')`. Jest runs everything as CommonJS. */
const esModules = [
  '@nestjs',
  'mongodb',
  'file-type',
  'strtok3',
  'token-types',
  'uint8array-extras',
  '@tokenizer',
  '@borewit',
  'content-disposition',
  'cookie',
  'js-yaml',
  'es-toolkit',
  'dotenv',
  'dotenv-expand',
]

export default {
  testEnvironment: '<rootDir>/test/support/environment.mjs',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  // What a newcomer runs: everything that can be shown inside one process. See jest.all.config.mjs for the others.
  testMatch: ['<rootDir>/test/unit/**/*.test.ts'],
  testTimeout: 60_000,
  maxWorkers: 2,
  // jest-circus leaves one AsyncLocalStorage behind for each file, with the file's modules: each slows every promise after it.
  workerIdleMemoryLimit: '600MB',
  cacheDirectory: '<rootDir>/.cache/jest',
  transform: {
    '^.+\\.ts$': swc(compiler),
    '^.+\\.m?js$': swc({ ...compiler, parser: { syntax: 'ecmascript', dynamicImport: true } }),
  },
  transformIgnorePatterns: [`/node_modules/(?!(.*/node_modules/)?(${esModules.join('|')})/)`],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': ['$1.ts', '$1.js', '$1'] },
  // One mongod and one Valkey for the whole run.
  globalSetup: '<rootDir>/test/support/engines/setup.mjs',
  globalTeardown: '<rootDir>/test/support/engines/teardown.mjs',
}
