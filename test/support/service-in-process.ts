import type { openApplication, RunningApplication } from './application.js'

declare global {
  /** Given by test/support/environment.mjs. */
  // oxlint-disable-next-line no-var -- a property of globalThis
  var openVerbatim: typeof openApplication
}

/**
 * The whole application inside the test's own process, on the run's real engines. It is what `npm start` starts, except
 * that no process begins or ends: for that there is ServiceProcess.
 */
export class ServiceInProcess {
  output = ''
  private readonly opening: Promise<RunningApplication>
  private closing: Promise<void> | undefined

  constructor(environment: Record<string, string>) {
    this.opening = openVerbatim(environment, (text) => {
      this.output += text
    })
    this.opening.catch(() => {}) // is thrown to those who ask for the address
  }

  async url(): Promise<string> {
    return (await this.opening).url
  }

  close(): Promise<void> {
    this.closing ??= this.opening.then(
      (application) => application.close(),
      () => {},
    )
    return this.closing
  }
}
