import { setTimeout as pause } from 'node:timers/promises'
import { actions } from './actions.js'
import { choices } from './choices.js'
import { Unanswered } from './patient-client.js'
import type { Person } from './person.js'

/** One thing after the other, until the run is over. Readers that were left behind read to the end. */
export async function live(person: Person): Promise<void> {
  const { town, journal, number } = person
  for (const choice of choices(town.seed, number)) {
    if (town.isOver) break
    try {
      await actions[choice.action](person, choice)
      journal.count(choice.action)
    } catch (error) {
      if (!(error instanceof Unanswered)) journal.violation('every answer fits', `${choice.action}: ${String(error)}`)
    }
    await pause(choice.pauseMs)
  }
  await Promise.all(person.reading)
}
