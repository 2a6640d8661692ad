import { type Deployment, usualPace } from '../deployment/deployment.js'
import { memberFaults, redisFaults } from './engine-faults.js'
import type { FaultKind } from './fault-kind.js'
import { linkFaults } from './link-faults.js'
import { processFaults } from './process-faults.js'

/** The model's provider goes like this for a while. */
const provider = (name: string, always: Parameters<Deployment['model']['always']>[0]): FaultKind => ({
  name: `provider ${name}`,
  seconds: [2, 8],
  recoversFrom: 'end',
  strike: async ({ deployment: { model } }) => {
    model.always(always)
    return async () => model.always(usualPace)
  },
})

const readModelFaults: FaultKind[] = [
  {
    name: 'read model paused',
    seconds: [2, 8],
    recoversFrom: 'end',
    strike: async ({ operator, draw }) => {
      const model = await operator.model(draw)
      await operator.pause(model)
      return () => operator.resume(model)
    },
  },
  {
    name: 'read model rebuilt',
    recoversFrom: 'start',
    strike: async ({ operator, draw }) => {
      const model = await operator.model(draw)
      return () => operator.rebuild(model)
    },
  },
]

export const kinds: readonly FaultKind[] = [
  ...processFaults,
  ...linkFaults,
  ...redisFaults,
  ...memberFaults,
  provider('away', 'hangup'),
  provider('refusing', { fault: 'status', at: 503 }),
  provider('slow', { fault: 'slow', at: 250 }),
  provider('cutting streams', { fault: 'drop', at: 4 }),
  ...readModelFaults,
]
