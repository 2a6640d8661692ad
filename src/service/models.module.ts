import { Global, Module } from '@nestjs/common'
import { CONFIG, type CompleteConfig } from '../config/index.js'
import { Providers } from '../llm/providers.js'

const createProviders = ({ models: { openaiApiKey, openaiBaseUrl, ollamaUrl, defaultModel } }: CompleteConfig) =>
  new Providers({
    openai: { apiKey: openaiApiKey, baseUrl: openaiBaseUrl },
    ollama: ollamaUrl === undefined ? undefined : { url: ollamaUrl },
    defaultModel,
  })

/** The providers of models that answer prompts. */
@Global()
@Module({
  providers: [{ provide: Providers, useFactory: createProviders, inject: [CONFIG] }],
  exports: [Providers],
})
export class ModelsModule {}
