import type { SelfCheck } from '../../src/commands/self-checks.js'
import { openApplication, type RunningApplication } from './application.js'

/**
 * The whole application inside the test's own process, on the run's real engines. It is what `npm start` starts, except
 * that no process begins or ends: for that there is ServiceProcess.
 */
export class ServiceInProcess {
  output = ''
  private readonly opening: Promise<RunningApplication>
  private closing: Promise<void> | undefined

  constructor(environment: Record<string, string>) {
    this.opening = openApplication(environment, (text) => {
      this.output += text
    })
    this.opening.catch(() => {}) // is thrown to those who ask for the address
  }

  async url(): Promise<string> {
    return (await this.opening).url
  }

  async addSelfCheck(part: string, check: SelfCheck): Promise<void> {
    ;(await this.opening).selfChecks.add(part, check)
  }

  close(): Promise<void> {
    this.closing ??= this.opening.then(
      (application) => application.close(),
      () => {},
    )
    return this.closing
  }
}
