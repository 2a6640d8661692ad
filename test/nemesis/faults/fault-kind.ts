import type { Deployment } from '../deployment/deployment.js'
import type { Operator } from './operator.js'

/** What a fault may choose from: a number of its own, drawn with the seed. */
export interface Blow {
  deployment: Deployment
  operator: Operator
  draw: number
}

export interface FaultKind {
  name: string
  /** How long it lasts, at least and at most. Without it, it is over at once. */
  seconds?: readonly [number, number]
  /** Recovery counts from its start where something is lost at once, else from its end. */
  recoversFrom: 'start' | 'end'
  /** Answers how it is mended. */
  strike: (blow: Blow) => Promise<(() => Promise<unknown>) | void>
}

export const one = <T>(things: readonly T[], draw: number): T => things[draw % things.length]!
