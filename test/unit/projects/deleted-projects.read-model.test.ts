import { givenLog, timeOf } from '../../../src/event-store/projecting/given-then.js'
import { type DeletedProjectDoc, deletedProjects } from '../../../src/projects/read-models/deleted-projects.js'
import { expectReadModelLaws } from '../../support/read-model-laws.js'
import * as its from '../../support/projects/project-events.js'

describe('the deleted projects', () => {
  it('have a project from its deletion on', () =>
    givenLog<DeletedProjectDoc>(deletedProjects, [its.created, its.deleted]).then({
      p1: { ownerId: 'ann', deletedAt: timeOf(2) },
    }))

  it('have it no more once it is erased', () =>
    givenLog(deletedProjects, [its.created, its.deleted, its.erased]).then({}))

  it('have none of an erased account', () =>
    givenLog<DeletedProjectDoc>(deletedProjects, [
      its.deleted,
      its.of(its.deleted, { projectId: 'p2', ownerId: 'bob' }),
      its.ownerErased,
    ]).then({ p2: { ownerId: 'bob', deletedAt: timeOf(2) } }))

  expectReadModelLaws(deletedProjects)
})
