import config from './jest.config.mjs'

/** Other people's clients, installed from test/clients: the examples of docs/clients.md are run with them. */
export default { ...config, testMatch: ['<rootDir>/test/clients/*.test.ts'] }
