import 'reflect-metadata'
import { format } from 'node:util'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { Test } from '@nestjs/testing'
import { AppModule } from '../../src/app.module.js'
import { SelfChecks } from '../../src/commands/self-checks.js'
import { readConfig } from '../../src/config/index.js'
import { appOptions, configureApp, httpAdapter } from '../../src/service/create-app.js'
import { drainProcess } from '../../src/service/drain-process.js'
import { listen } from '../../src/service/listen.js'
import { fieldsText } from '../../src/service/log-fields.js'
import { ServiceLog } from '../../src/service/service-log.js'
import { completeConfig } from '../../src/service/complete-config.js'

/** The service's own log, collected instead of printed. */
class CollectedLog extends ServiceLog {
  constructor(
    config: ConstructorParameters<typeof ServiceLog>[0],
    private readonly collect: (text: string) => void,
  ) {
    super(config)
  }

  protected override printMessages(
    messages: unknown[],
    context = '',
    level = 'log',
    _stream?: unknown,
    _stack?: unknown,
    fields: Record<string, unknown> = {},
  ): void {
    for (const message of messages) this.collect(`${level} [${context}] ${format(message)} ${fieldsText(fields)}\n`)
  }
}

export interface RunningApplication {
  readonly url: string
  readonly selfChecks: SelfChecks
  /** As after SIGTERM, without waiting for clients that hold on to their connections. */
  close(): Promise<void>
}

/**
 * The whole application, as `npm start` runs it, on a port of its own. The test environment loads this file once for
 * all test files of a worker, outside of Jest's module registry: 3,400 modules are not loaded anew for each.
 */
export async function openApplication(
  environment: Record<string, string>,
  log: (text: string) => void,
): Promise<RunningApplication> {
  const config = await completeConfig(readConfig({ PORT: '0', HOST: '127.0.0.1', ...environment }))
  const logger = new CollectedLog(config, log)
  const module = await Test.createTestingModule({ imports: [AppModule.with(config)] })
    .setLogger(logger)
    .compile()
  const app = module.createNestApplication<NestFastifyApplication>(httpAdapter(config), { logger, ...appOptions })
  await configureApp(app, config)
  const port = await listen(app, config)
  const close = async () => {
    await drainProcess(app, { delayMs: 0, graceMs: 100 })
    await app.close()
  }
  return { url: `http://127.0.0.1:${port}`, selfChecks: app.get(SelfChecks), close }
}
