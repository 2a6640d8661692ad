import { givenLog, record, timeOf } from '../../../src/event-store/projecting/given-then.js'
import { DocumentsInMemory } from '../../../src/event-store/projecting/documents-in-memory.js'
import { type ErasedStreamDoc, erasedStreams } from '../../../src/ops/retention/erased-streams.js'
import * as inChat from '../../support/chat/chat-events.js'
import * as inProject from '../../support/projects/project-events.js'
import { generateHistory } from '../../support/generated-events.js'
import { expectReadModelLaws } from '../../support/read-model-laws.js'
import { forEachSeed } from '../../support/seeds.js'

describe('the erased streams', () => {
  it('have a stream from the event on that erases it', () =>
    givenLog<ErasedStreamDoc>(erasedStreams, [
      { ...inChat.started, stream: 'chat-c1' },
      { ...inChat.erased, stream: 'chat-c1' },
      { ...inProject.erased, stream: 'project-p1' },
      { ...inChat.ownerErased, stream: 'user-ann' },
      { type: 'GuestErased', data: { guestId: 'guest-1' }, stream: 'guest-1' },
    ]).then({
      'chat-c1': { erasedAt: timeOf(2) },
      'project-p1': { erasedAt: timeOf(3) },
      'user-ann': { erasedAt: timeOf(4) },
      'guest-1': { erasedAt: timeOf(5) },
    }))

  it('have none that is only deleted', () => givenLog(erasedStreams, [inChat.deleted, inProject.deleted]).then({}))

  it('have all that were erased, and no other', () => {
    forEachSeed(60, (seed) => {
      const { events, erased } = generateHistory(seed, { commands: 150 })
      const documents = new DocumentsInMemory(erasedStreams)
      documents.apply(record(events))
      expect(documents.all()).toHaveLength(erased.size)
      for (const id of erased) expect(documents.all().filter(({ _id }) => _id.endsWith(id))).toHaveLength(1)
    })
  })

  expectReadModelLaws(erasedStreams, { keepsErased: true })
})
