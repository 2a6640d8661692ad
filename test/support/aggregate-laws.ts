import { BSON } from 'mongodb'
import { Catalog, type EventDefinitions } from '../../src/event-store/catalog.js'
import type { Aggregate } from '../../src/event-store/deciding/aggregate.js'
import { generatedCommands } from './generated-commands.js'
import { generateHistory } from './generated-events.js'
import { forEachSeed } from './seeds.js'

const histories = 60

interface Laws<State, Event extends { type: string }> {
  aggregate: Aggregate<State, Event>
  definitions: EventDefinitions
  commands: keyof typeof generatedCommands
  /** Types that another aggregate of the same definitions decides on. */
  others?: readonly string[]
}

/** What holds of every aggregate, whatever it is asked to do. The generator fails when a command or an event throws. */
export function expectAggregateLaws<State, Event extends { type: string }>({
  aggregate,
  definitions,
  commands,
  others = [],
}: Laws<State, Event>): void {
  const generate = (seed: number) => generateHistory(seed, { commands: 120, kinds: generatedCommands[commands] })

  it('refuses, or decides on events as they are declared, in every state that it can get into', () => {
    const catalog = new Catalog(definitions)
    const decided = new Set<string>()
    forEachSeed(histories, (seed) => {
      for (const event of generate(seed).events) {
        expect(() => catalog.check(event)).not.toThrow()
        decided.add(event.type)
      }
    })
    expect([...decided, ...others].sort()).toEqual(Object.keys(definitions).sort())
  })

  if (aggregate.fold === undefined) return
  it('has states that come back from the database as they were', () => {
    forEachSeed(histories, (seed) => {
      for (const state of generate(seed).states.values()) {
        expect(BSON.deserialize(BSON.serialize({ state }))).toEqual({ state })
      }
    })
  })
}
