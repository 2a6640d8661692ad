import { format } from 'node:util'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { Test } from '@nestjs/testing'
import { AppModule } from '../../src/app.module.js'
import { readConfig } from '../../src/config.js'
import { appOptions, equipApp, httpAdapter } from '../../src/service/create-app.js'
import { drainProcess } from '../../src/service/drain-process.js'
import { listen } from '../../src/service/listen.js'
import { ServiceLog } from '../../src/service/service-log.js'
import { settleConfig } from '../../src/service/settle-config.js'

/** The service's own log, collected instead of printed. */
class CollectedLog extends ServiceLog {
  output = ''

  protected override printMessages(messages: unknown[], context = '', level = 'log'): void {
    for (const message of messages) this.output += `${level} [${context}] ${format(message)}\n`
  }
}

/**
 * The whole application inside the test's own process, on the run's real engines and a port of its own. It is what
 * `npm start` starts, except that no process begins or ends: for that there is ServiceProcess.
 */
export class ServiceInProcess {
  private readonly opening: Promise<{ app: NestFastifyApplication; url: string }>
  private closing: Promise<void> | undefined
  private log: CollectedLog | undefined

  constructor(private readonly environment: Record<string, string>) {
    this.opening = this.open()
    this.opening.catch(() => {}) // is thrown to those who ask for the address
  }

  get output(): string {
    return this.log?.output ?? ''
  }

  async url(): Promise<string> {
    return (await this.opening).url
  }

  async app(): Promise<NestFastifyApplication> {
    return (await this.opening).app
  }

  /** As after SIGTERM, without waiting for clients that hold on to their connections. */
  close(): Promise<void> {
    this.closing ??= this.opening.then(
      async ({ app }) => {
        await drainProcess(app, { delayMs: 0, graceMs: 100 })
        await app.close()
      },
      () => {},
    )
    return this.closing
  }

  private async open(): Promise<{ app: NestFastifyApplication; url: string }> {
    const read = readConfig({ PORT: '0', HOST: '127.0.0.1', ...this.environment })
    const config = await settleConfig(read)
    this.log = new CollectedLog(config)
    const module = await Test.createTestingModule({ imports: [AppModule.with(config)] })
      .setLogger(this.log)
      .compile()
    const app = module.createNestApplication<NestFastifyApplication>(httpAdapter(config), {
      logger: this.log,
      ...appOptions,
    })
    await equipApp(app, config)
    const port = await listen(app, config)
    return { app, url: `http://127.0.0.1:${port}` }
  }
}
