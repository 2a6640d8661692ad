import { Global, Module } from '@nestjs/common'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { Providers } from '../llm/providers.js'

const configured = ({ models: { openaiApiKey, openaiBaseUrl, ollamaUrl, defaultModel } }: CompleteConfig) =>
  new Providers({
    openai: { apiKey: openaiApiKey, baseUrl: openaiBaseUrl },
    ollama: ollamaUrl === undefined ? undefined : { url: ollamaUrl },
    defaultModel,
  })

/** Who answers prompts. */
@Global()
@Module({
  providers: [{ provide: Providers, useFactory: configured, inject: [CONFIG] }],
  exports: [Providers],
})
export class ModelsModule {}
