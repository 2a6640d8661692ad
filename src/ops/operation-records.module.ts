import { Module } from '@nestjs/common'
import { OperationRecords } from './operation-records.js'

@Module({ providers: [OperationRecords], exports: [OperationRecords] })
export class OperationRecordsModule {}
