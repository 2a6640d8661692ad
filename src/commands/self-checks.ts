import { Injectable } from '@nestjs/common'

/** Looks at a part of this process that works in the background. Says in a sentence what has stopped, if anything has. */
export type SelfCheck = () => string | undefined

/** A process whose background work has stopped is not ready, even if it still answers. */
@Injectable()
export class SelfChecks {
  private readonly checks = new Map<string, SelfCheck>()

  add(part: string, check: SelfCheck): void {
    this.checks.set(part, check)
  }

  faults(): { part: string; fault: string }[] {
    return [...this.checks].flatMap(([part, check]) => {
      const fault = check()
      return fault ? { part, fault } : []
    })
  }
}
