import { givenStream } from '../../../src/event-store/deciding/given-when-then.js'
import {
  recordRebuildEnd,
  type OperationEvent,
  operationEvents,
  pauseProjection,
  projectionDecisions,
  resumeProjection,
  retryProjection,
  skipEvent,
  recordRebuildStart,
} from '../../../src/ops/operations.js'
import { expectAggregateLaws } from '../../support/aggregate-laws.js'

const paused: OperationEvent = { type: 'ProjectionPaused', data: { projection: 'chats' } }
const resumed: OperationEvent = { type: 'ProjectionResumed', data: { projection: 'chats' } }
const skipped: OperationEvent = {
  type: 'EventSkipped',
  data: { projection: 'chats', version: 1, position: 7 },
  personal: { reason: 'a bug' },
}
const certificate = { projection: 'chats', version: 1, position: 9, events: 9, root: 'r', digest: 'd', at: new Date(0) }

describe('a projection', () => {
  it('is paused', () => givenStream(projectionDecisions, []).when(pauseProjection('chats', undefined)).then([paused]))
  it('is paused once', () =>
    givenStream(projectionDecisions, [paused]).when(pauseProjection('chats', undefined)).then([]))
  it('is paused again', () =>
    givenStream(projectionDecisions, [paused, resumed]).when(pauseProjection('chats', undefined)).then([paused]))
  it('is resumed', () =>
    givenStream(projectionDecisions, [paused]).when(resumeProjection('chats', undefined)).then([resumed]))
  it('is resumed once', () =>
    givenStream(projectionDecisions, [paused, resumed]).when(resumeProjection('chats', undefined)).then([]))
  it('that has failed is not paused', () =>
    givenStream(projectionDecisions, []).when(pauseProjection('chats', 7)).thenRefused('projection_failed'))
  it('that has failed is not resumed', () =>
    givenStream(projectionDecisions, [paused]).when(resumeProjection('chats', 7)).thenRefused('projection_failed'))
  it('that has failed is retried', () =>
    givenStream(projectionDecisions, [])
      .when(retryProjection('chats', 7))
      .then([{ type: 'ProjectionRetried', data: { projection: 'chats', position: 7 } }]))
  it('that goes on is not retried', () =>
    givenStream(projectionDecisions, []).when(retryProjection('chats', undefined)).thenRefused('not_failed'))
})

describe('an event', () => {
  it('is skipped, with the reason sealed', () =>
    givenStream(projectionDecisions, [])
      .when(skipEvent('chats', 1, 7, 'a bug'))
      .then([skipped]))
  it('is skipped once', () =>
    givenStream(projectionDecisions, [skipped])
      .when(skipEvent('chats', 1, 7, 'another reason'))
      .then([]))
  it('that one version skips is none that the next one does', () =>
    givenStream(projectionDecisions, [skipped])
      .when(skipEvent('chats', 2, 7, 'a bug'))
      .then([{ ...skipped, data: { projection: 'chats', version: 2, position: 7 } }]))
})

describe('a rebuild', () => {
  const started: OperationEvent = {
    type: 'ProjectionRebuildStarted',
    data: { projection: 'chats', version: 1, rebuildId: 'r1' },
  }

  it('is recorded when it starts', () =>
    givenStream(projectionDecisions, [])
      .when(recordRebuildStart('chats', 1, 'r1'))
      .then([started]))
  it('is recorded with what it has found', () =>
    givenStream(projectionDecisions, [started])
      .when(recordRebuildEnd('r1', certificate))
      .then([
        {
          type: 'ProjectionRebuilt',
          data: {
            projection: 'chats',
            version: 1,
            rebuildId: 'r1',
            position: 9,
            events: 9,
            root: 'r',
            digest: 'd',
            skipped: [],
          },
        },
      ]))
})

describe('what operators decide about a projection, whatever it is asked to do', () => {
  expectAggregateLaws({
    aggregate: projectionDecisions,
    definitions: operationEvents,
    commands: 'operation',
    others: ['RepliesReconciled', 'RetentionRan', 'MasterKeyRotated'],
  })
})
