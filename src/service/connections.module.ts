import { Global, Logger, Module, type OnApplicationShutdown } from '@nestjs/common'
import { getConnectionToken } from '@nestjs/mongoose'
import { Redis } from 'ioredis'
import { Db, MongoClient } from 'mongodb'
import { type Connection, createConnection } from 'mongoose'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { withDurableWrites } from '../event-store/durability.js'
import { connectMongo, databaseName } from './connect-mongo.js'
import { connectRedis } from './connect-redis.js'

const database = (client: MongoClient, { mongodbUri }: CompleteConfig): Promise<Db> =>
  withDurableWrites(client.db(databaseName(mongodbUri)))

const mongooseConnection = (client: MongoClient, { mongodbUri }: CompleteConfig): Connection =>
  createConnection().setClient(client).useDb(databaseName(mongodbUri))

/**
 * The one MongoDB client and the one Redis connection of this process. Queries read through Mongoose, over the same
 * client. Both close last, when nothing uses them.
 */
@Global()
@Module({
  providers: [
    { provide: MongoClient, useFactory: connectMongo, inject: [CONFIG] },
    { provide: Db, useFactory: database, inject: [MongoClient, CONFIG] },
    { provide: getConnectionToken(), useFactory: mongooseConnection, inject: [MongoClient, CONFIG] },
    { provide: Redis, useFactory: connectRedis, inject: [CONFIG] },
  ],
  exports: [MongoClient, Db, Redis, getConnectionToken()],
})
export class ConnectionsModule implements OnApplicationShutdown {
  constructor(
    private readonly mongo: MongoClient,
    private readonly redis: Redis,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    this.redis.disconnect()
    await this.mongo.close().catch((error: unknown) => new Logger('MongoDB').warn(`closing: ${String(error)}`))
  }
}
