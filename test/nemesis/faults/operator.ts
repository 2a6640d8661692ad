import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { PatientClient } from '../workload/patient-client.js'

interface Certificate {
  position: number
  digest: string
}

/** An admin, who pauses and rebuilds read models over the API. */
export class Operator {
  constructor(private readonly client: PatientClient) {}

  async models(): Promise<{ name: string; state: string; lag: { events: number } }[]> {
    return (await this.must('GET', '/ops/projections')).projections
  }

  async model(draw: number): Promise<string> {
    const models = await this.models()
    return models[draw % models.length]!.name
  }

  async pause(model: string): Promise<void> {
    await this.must('POST', `/ops/projections/${model}/pause`)
  }

  async resume(model: string): Promise<void> {
    await this.must('POST', `/ops/projections/${model}/resume`)
  }

  /** A rebuild whose process dies is begun again. */
  async rebuild(model: string): Promise<Certificate> {
    const newest = async (): Promise<Certificate & { id?: string; at?: string }> =>
      (await this.must('GET', `/ops/projections/${model}/certificates?limit=1`)).certificates[0]
    const before = await newest()
    for (let begun = 0; ; await pause(200)) {
      if (Date.now() - begun > 60_000) {
        await this.must('POST', `/ops/projections/${model}/rebuild`, [202, 409])
        begun = Date.now()
      }
      const certificate = await newest()
      if (certificate && certificate.at !== before?.at) return certificate
      const { rebuild } = await this.must('GET', `/ops/projections/${model}`)
      if (rebuild && rebuild.state !== 'running') begun = 0
    }
  }

  // What is not there ends the run.
  // oxlint-disable-next-line typescript/no-explicit-any
  private async must(method: string, path: string, statuses = [200]): Promise<any> {
    const { status, body } = await this.client.ask(method, path, undefined, { 'idempotency-key': randomUUID() })
    if (!statuses.includes(status)) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`)
    return body
  }
}
