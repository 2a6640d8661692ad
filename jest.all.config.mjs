import config from './jest.config.mjs'

/** And what takes processes of its own: they are compiled, started, killed; engines are installed and elected. */
export default {
  ...config,
  testMatch: ['<rootDir>/test/{unit,exhaustive,process}/**/*.test.ts'],
}
