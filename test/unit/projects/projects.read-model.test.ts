import { envelope, givenLog, timeOf } from '../../../src/event-store/projecting/given-then.js'
import { type ProjectDoc, projects } from '../../../src/projects/read-models/projects.js'
import { expectReadModelLaws } from '../../support/read-model-laws.js'
import * as its from '../../support/projects/project-events.js'

const words = envelope({ name: 'Log', description: 'Events' })
const fresh: Omit<ProjectDoc, '_id'> = {
  ownerId: 'ann',
  name: words,
  description: words,
  settings: its.settings,
  promptCount: 0,
  fileCount: 0,
  createdAt: timeOf(1),
  updatedAt: timeOf(1),
}

describe('the list of projects', () => {
  it('has a project from its creation on', () => givenLog(projects, [its.created]).then({ p1: fresh }))

  it('has each text in the envelope that set it last', () =>
    givenLog<ProjectDoc>(projects, [
      its.created,
      { type: 'ProjectChanged', data: { ...its.project, fields: ['name'] }, personal: { name: 'Logs' } },
    ]).then({ p1: { ...fresh, name: envelope({ name: 'Logs' }), updatedAt: timeOf(2) } }))

  it('has the settings that were chosen last', () => {
    const settings = { ...its.settings, temperature: 0 }
    givenLog<ProjectDoc>(projects, [
      its.created,
      { type: 'ProjectChanged', data: { ...its.project, fields: [], settings }, personal: {} },
      its.promptAdded,
    ]).then({ p1: { ...fresh, settings, promptCount: 1, updatedAt: timeOf(3) } })
  })

  it.each([
    ['a prompt', [its.promptAdded], { promptCount: 1 }],
    ['no removed prompt', [its.promptAdded, its.promptRemoved], { promptCount: 0 }],
    ['a file', [its.fileAdded], { fileCount: 1 }],
    ['no removed file', [its.fileAdded, its.fileRemoved], { fileCount: 0 }],
  ])('counts %s', (_, events, counts) =>
    givenLog<ProjectDoc>(projects, [its.created, ...events]).then({
      p1: { ...fresh, ...counts, updatedAt: timeOf(1 + events.length) },
    }),
  )

  it('has no deleted project, none that was never created, and none of an erased account', () => {
    givenLog(projects, [its.created, its.promptAdded, its.deleted]).then({})
    givenLog(projects, [its.promptAdded, its.fileRemoved]).then({})
    givenLog<ProjectDoc>(projects, [
      its.of(its.created, { projectId: 'p2', ownerId: 'bob' }),
      its.created,
      its.ownerErased,
    ]).then({ p2: { ...fresh, ownerId: 'bob' } })
  })

  expectReadModelLaws(projects)
})
