import { type DynamicModule, Module } from '@nestjs/common'
import { AnalyticsModule } from './analytics/analytics.module.js'
import { analytics } from './analytics/analytics.view.js'
import { usage } from './analytics/usage.view.js'
import { chatEvents } from './chat/chat.js'
import { ChatModule } from './chat/chat.module.js'
import { chats } from './chat/chats.view.js'
import { messages } from './chat/messages.view.js'
import { openReplies } from './chat/open-replies.view.js'
import { CONFIG, type SettledConfig } from './config.js'
import { HttpModule } from './http/http.module.js'
import { IdentityModule } from './identity/identity.module.js'
import { userEvents } from './identity/user.js'
import { users } from './identity/users.view.js'
import { OpsModule } from './ops/ops.module.js'
import { ConnectionsModule } from './service/connections.module.js'
import { EngineModule } from './service/engine.module.js'
import { ModelsModule } from './service/models.module.js'
import { MongooseConnectionModule } from './service/mongoose.module.js'

const engine = EngineModule.with({
  events: [userEvents, chatEvents],
  projections: [users, chats, messages, openReplies, analytics, usage],
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
        engine,
        HttpModule,
        ModelsModule,
        IdentityModule,
        ChatModule,
        AnalyticsModule,
        OpsModule,
      ],
      providers: [{ provide: CONFIG, useValue: config }],
      exports: [CONFIG],
    }
  }
}
