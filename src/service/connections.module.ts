import { Global, Logger, Module, type OnApplicationShutdown } from '@nestjs/common'
import { Redis } from 'ioredis'
import { Db, MongoClient } from 'mongodb'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { withDurableWrites } from '../event-store/durability.js'
import { connectMongo, databaseName } from './connect-mongo.js'
import { connectRedis } from './connect-redis.js'

/** The one MongoDB client and the one Redis connection of this process. They close last, when nothing uses them. */
@Global()
@Module({
  providers: [
    { provide: MongoClient, useFactory: connectMongo, inject: [CONFIG] },
    {
      provide: Db,
      useFactory: (client: MongoClient, { mongodbUri }: CompleteConfig) =>
        withDurableWrites(client.db(databaseName(mongodbUri))),
      inject: [MongoClient, CONFIG],
    },
    { provide: Redis, useFactory: connectRedis, inject: [CONFIG] },
  ],
  exports: [MongoClient, Db, Redis],
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
