import { Module } from '@nestjs/common'
import { OperationRecordsModule } from '../operation-records.module.js'
import { RotateKeysHandler } from './commands/rotate-keys.js'

@Module({ imports: [OperationRecordsModule], providers: [RotateKeysHandler] })
export class KeysModule {}
