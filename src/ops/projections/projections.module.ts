import { Module } from '@nestjs/common'
import { PauseProjectionHandler } from './commands/pause-projection.js'
import { RebuildProjectionHandler } from './commands/rebuild-projection.js'
import { ResumeProjectionHandler } from './commands/resume-projection.js'
import { RetryProjectionHandler } from './commands/retry-projection.js'
import { SkipEventHandler } from './commands/skip-event.js'
import { ProjectionStreams } from './projection-streams.js'
import { ProjectionsController } from './projections.controller.js'
import { ListCertificatesHandler } from './queries/list-certificates.js'
import { ListProjectionsHandler } from './queries/list-projections.js'

const handlers = [
  ListCertificatesHandler,
  ListProjectionsHandler,
  PauseProjectionHandler,
  RebuildProjectionHandler,
  ResumeProjectionHandler,
  RetryProjectionHandler,
  SkipEventHandler,
]

@Module({ controllers: [ProjectionsController], providers: [...handlers, ProjectionStreams] })
export class ProjectionsModule {}
