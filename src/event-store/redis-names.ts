import type { Db } from 'mongodb'

/** Every key and channel in Redis begins with the database's name: several deployments may share one Redis. */
export const redisName = ({ databaseName }: Db, ...parts: readonly string[]): string =>
  ['verbatim', databaseName, ...parts].join(':')
