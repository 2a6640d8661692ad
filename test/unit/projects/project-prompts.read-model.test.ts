import { envelope, givenLog, timeOf } from '../../../src/event-store/projecting/given-then.js'
import { type ProjectPromptDoc, projectPrompts } from '../../../src/projects/read-models/project-prompts.js'
import { expectReadModelLaws } from '../../support/read-model-laws.js'
import * as its from '../../support/projects/project-events.js'

const first: Omit<ProjectPromptDoc, '_id'> = {
  projectId: 'p1',
  ownerId: 'ann',
  seq: 1,
  role: 'system',
  content: envelope({ content: 'Be brief' }),
  createdAt: timeOf(1),
}

describe('the prompts of a project', () => {
  it('are in the order in which they were added', () =>
    givenLog<ProjectPromptDoc>(projectPrompts, [its.promptAdded, its.of(its.promptAdded, { promptId: 'pr2' })]).then({
      pr1: first,
      pr2: { ...first, seq: 2, createdAt: timeOf(2) },
    }))

  it('go one by one, with their project, or with its owner', () => {
    const elsewhere = its.of(its.promptAdded, { projectId: 'p2', promptId: 'pr2' })
    const other: Omit<ProjectPromptDoc, '_id'> = { ...first, projectId: 'p2', seq: 2, createdAt: timeOf(2) }
    givenLog<ProjectPromptDoc>(projectPrompts, [its.promptAdded, elsewhere, its.promptRemoved]).then({ pr2: other })
    givenLog<ProjectPromptDoc>(projectPrompts, [its.promptAdded, elsewhere, its.deleted]).then({ pr2: other })
    const ofBob = its.of(its.promptAdded, { ownerId: 'bob' })
    givenLog<ProjectPromptDoc>(projectPrompts, [ofBob, elsewhere, its.ownerErased]).then({
      pr1: { ...first, ownerId: 'bob' },
    })
  })

  expectReadModelLaws(projectPrompts)
})
