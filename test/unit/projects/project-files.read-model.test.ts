import { envelope, givenLog, timeOf } from '../../../src/event-store/projecting/given-then.js'
import { type ProjectFileDoc, projectFiles } from '../../../src/projects/read-models/project-files.js'
import { expectReadModelLaws } from '../../support/read-model-laws.js'
import * as its from '../../support/projects/project-events.js'

const first: Omit<ProjectFileDoc, '_id'> = {
  projectId: 'p1',
  ownerId: 'ann',
  seq: 1,
  contentId: 'bytes1',
  size: 7,
  words: envelope({ filename: 'log.txt', type: 'text/plain' }),
  uploadedAt: timeOf(1),
}
const copy = { provider: 'openai', id: 'file-1' }

describe('the files of a project', () => {
  it('are in the order in which they were added, each with the copy that its provider keeps', () =>
    givenLog<ProjectFileDoc>(projectFiles, [its.fileAdded, its.of(its.fileAdded, { fileId: 'f2', copy })]).then({
      f1: first,
      f2: { ...first, seq: 2, copy, uploadedAt: timeOf(2) },
    }))

  it('go one by one, with their project, or with its owner', () => {
    const elsewhere = its.of(its.fileAdded, { projectId: 'p2', fileId: 'f2' })
    const other: Omit<ProjectFileDoc, '_id'> = { ...first, projectId: 'p2', seq: 2, uploadedAt: timeOf(2) }
    givenLog<ProjectFileDoc>(projectFiles, [its.fileAdded, elsewhere, its.fileRemoved]).then({ f2: other })
    givenLog<ProjectFileDoc>(projectFiles, [its.fileAdded, elsewhere, its.deleted]).then({ f2: other })
    const ofBob = its.of(its.fileAdded, { ownerId: 'bob' })
    givenLog<ProjectFileDoc>(projectFiles, [ofBob, elsewhere, its.ownerErased]).then({
      f1: { ...first, ownerId: 'bob' },
    })
  })

  expectReadModelLaws(projectFiles)
})
