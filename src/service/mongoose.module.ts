import { Global, Module } from '@nestjs/common'
import { getConnectionToken } from '@nestjs/mongoose'
import { MongoClient } from 'mongodb'
import { type Connection, createConnection } from 'mongoose'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { databaseName } from './connect-mongo.js'

/** Queries read through Mongoose, over the one client that everything uses. */
@Global()
@Module({
  providers: [
    {
      provide: getConnectionToken(),
      useFactory: (client: MongoClient, { mongodbUri }: CompleteConfig): Connection =>
        createConnection().setClient(client).useDb(databaseName(mongodbUri)),
      inject: [MongoClient, CONFIG],
    },
  ],
  exports: [getConnectionToken()],
})
export class MongooseConnectionModule {}
