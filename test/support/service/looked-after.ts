import { setTimeout as pause } from 'node:timers/promises'
import { Balancer } from '../realtime/balancer.js'

/** A balancer that asks each process every now and then whether it is ready, as in production, and goes by that. */
export class LookedAfter {
  private readonly known = new Set<string>()

  private constructor(private readonly balancer: Balancer) {}

  static async before(...urls: string[]): Promise<LookedAfter> {
    const balancer = new LookedAfter(await Balancer.before(...urls))
    for (const url of urls) balancer.add(url)
    return balancer
  }

  get url(): string {
    return this.balancer.url
  }

  isUsed(url: string): boolean {
    return this.balancer.targets.includes(url)
  }

  /** One more process. It is used as soon as it is ready. */
  add(url: string): void {
    this.known.add(url)
    void this.look(url)
  }

  remove(url: string): void {
    this.known.delete(url)
  }

  async close(): Promise<void> {
    this.known.clear()
    await this.balancer.close()
  }

  private async look(url: string): Promise<void> {
    for (; this.known.has(url); await pause(50)) {
      const isReady = await fetch(`${url}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      )
      const others = this.balancer.targets.filter((target) => target !== url)
      const targets = isReady ? [...others, url] : others
      if (targets.length > 0 && isReady !== this.isUsed(url)) this.balancer.targets = targets
    }
  }
}
