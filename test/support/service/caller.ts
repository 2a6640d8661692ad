import { Agent, request } from 'node:http'
import type { Client } from '../world.js'

/**
 * Somebody who asks one thing after the other, on one connection for as long as it lasts. A pool of connections would
 * have some that nobody uses for a while: nobody can be told on those that the process is about to end.
 */
export class Caller {
  /** How often each answer came. */
  readonly answers: Record<string, number> = {}
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 })

  constructor(private readonly client: Client) {}

  async ask(method: string, path: string, body?: object): Promise<void> {
    const answer = await this.send(method, path, body).catch((error: Error) => `cut off: ${error.message}`)
    this.answers[answer] = (this.answers[answer] ?? 0) + 1
  }

  hangUp(): void {
    this.agent.destroy()
  }

  private send(method: string, path: string, body?: object): Promise<string> {
    const { url, headers } = this.client
    const type = body && { 'content-type': 'application/json' }
    return new Promise((resolve, reject) => {
      const sending = request(
        url + path,
        { method, agent: this.agent, headers: { ...headers, ...type } },
        (response) => {
          response.resume().on('error', reject)
          response.on('end', () => resolve(String(response.statusCode)))
        },
      )
      sending.on('error', reject)
      sending.end(body && JSON.stringify(body))
    })
  }
}
