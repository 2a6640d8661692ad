import config from './jest.config.mjs'

/** The console, as people see it: in Chromium, against the service. */
export default { ...config, testMatch: ['<rootDir>/test/browser/*.test.ts'], maxWorkers: 3 }
