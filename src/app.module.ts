import { type DynamicModule, Module } from '@nestjs/common'
import { AnalyticsModule } from './analytics/analytics.module.js'
import { analytics } from './analytics/analytics.view.js'
import { usage } from './analytics/usage.view.js'
import { auditEvents } from './audit/access.js'
import { AuditModule } from './audit/audit.module.js'
import { chatEvents } from './chat/chat.events.js'
import { ChatModule } from './chat/chat.module.js'
import { deletedChats } from './chat/deleted-chats.view.js'
import { chats } from './chat/chats.view.js'
import { messages } from './chat/messages.view.js'
import { openReplies } from './chat/open-replies.view.js'
import { CONFIG, type SettledConfig } from './config.js'
import { guestEvents } from './guests/guest.js'
import { guestFeedback } from './guests/guest-feedback.view.js'
import { GuestsModule } from './guests/guests.module.js'
import { guests } from './guests/guests.view.js'
import { HttpModule } from './http/http.module.js'
import { IdentityModule } from './identity/identity.module.js'
import { userEvents } from './identity/user.js'
import { users } from './identity/users.view.js'
import { erasedStreams } from './ops/retention/erased-streams.view.js'
import { operationEvents } from './ops/operations.js'
import { OpsModule } from './ops/ops.module.js'
import { skippedIn } from './ops/projections/projection-streams.js'
import { projectEvents } from './projects/project.js'
import { deletedProjects } from './projects/deleted-projects.view.js'
import { projectFiles } from './projects/project-files.view.js'
import { projectPrompts } from './projects/project-prompts.view.js'
import { ProjectsModule } from './projects/projects.module.js'
import { projects } from './projects/projects.view.js'
import { RealtimeModule } from './realtime/realtime.module.js'
import { ConnectionsModule } from './service/connections.module.js'
import { EngineModule } from './service/engine.module.js'
import { ModelsModule } from './service/models.module.js'
import { MongooseConnectionModule } from './service/mongoose.module.js'
import { TelemetryModule } from './telemetry/telemetry.module.js'

const engine = EngineModule.with({
  events: [userEvents, chatEvents, projectEvents, guestEvents, auditEvents, operationEvents],
  projections: [users, chats, messages, openReplies, analytics, usage, projects, projectPrompts, projectFiles, deletedChats, deletedProjects, guests, guestFeedback, erasedStreams],
  skippedIn,
})

/** The only wiring point. The configuration is injected everywhere under CONFIG. */
@Module({})
export class AppModule {
  static with(config: SettledConfig): DynamicModule {
    return {
      module: AppModule,
      global: true,
      imports: [
        ConnectionsModule,
        MongooseConnectionModule,
        TelemetryModule,
        engine,
        HttpModule,
        ModelsModule,
        IdentityModule,
        ChatModule,
        GuestsModule,
        ProjectsModule,
        AnalyticsModule,
        AuditModule,
        OpsModule,
        ...(config.roles.includes('api') ? [RealtimeModule] : []),
      ],
      providers: [{ provide: CONFIG, useValue: config }],
      exports: [CONFIG],
    }
  }
}
