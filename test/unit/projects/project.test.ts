import { givenStream } from '../../../src/event-store/deciding/given-when-then.js'
import {
  addFile,
  addPrompt,
  changeProject,
  createProject,
  deleteProject,
  projectAggregate,
  type ProjectEvent,
  projectEvents,
  removeFile,
  removePrompt,
} from '../../../src/projects/project.js'
import { expectAggregateLaws } from '../../support/aggregate-laws.js'

const project = { projectId: 'p', ownerId: 'ann' }
const stranger = { ...project, ownerId: 'bob' }
const settings = { model: 'offline/echo', temperature: 0.7, maxTokens: 1000 }
const words = { name: 'Support desk', description: 'Answers what customers ask' }

const created: ProjectEvent = { type: 'ProjectCreated', data: { ...project, settings }, personal: words }
const deleted: ProjectEvent = { type: 'ProjectDeleted', data: project }
const erased: ProjectEvent = { type: 'ProjectErased', data: project }

const prompt = { promptId: 'q1', role: 'system' as const, content: 'Be kind.' }
const promptAdded = (promptId: string, content = 'Be kind.'): ProjectEvent => ({
  type: 'ProjectPromptAdded',
  data: { ...project, promptId, role: 'system', length: content.length },
  personal: { content },
})

const file = { fileId: 'f1', contentId: 'c1', size: 3, filename: 'a.txt', type: 'text/plain' }
const fileAdded = (fileId: string): ProjectEvent => ({
  type: 'ProjectFileAdded',
  data: { ...project, fileId, contentId: 'c1', size: 3 },
  personal: { filename: 'a.txt', type: 'text/plain' },
})

const many = <T>(count: number, make: (id: string) => T): T[] => Array.from({ length: count }, (_, i) => make(`x${i}`))

describe('a project', () => {
  it('is created', () =>
    givenStream(projectAggregate)
      .when(createProject(project, words, settings))
      .then([created]))
  it('is created once', () =>
    givenStream(projectAggregate, [created])
      .when(createProject(project, words, settings))
      .then([]))

  it.each([
    ['its name', { name: 'Help' }, {}, { fields: ['name' as const] }],
    ['its description', { description: '' }, {}, { fields: ['description' as const] }],
    ['its settings', {}, { temperature: 2 }, { fields: [], settings: { ...settings, temperature: 2 } }],
    [
      'all of it',
      { name: 'A', description: 'B' },
      { maxTokens: 5 },
      { fields: ['name' as const, 'description' as const], settings: { ...settings, maxTokens: 5 } },
    ],
  ])('changes %s', (_, changed, changes, data) => {
    givenStream(projectAggregate, [created])
      .when(changeProject(project, changed, changes))
      .then([{ type: 'ProjectChanged', data: { ...project, ...data }, personal: changed }])
  })

  it('has nothing to change when it is so already', () =>
    givenStream(projectAggregate, [created])
      .when(changeProject(project, {}, { temperature: 0.7 }))
      .then([]))
  it('remembers its settings', () => {
    const changed: ProjectEvent = {
      type: 'ProjectChanged',
      data: { ...project, fields: [], settings: { ...settings, temperature: 2 } },
      personal: {},
    }
    givenStream(projectAggregate, [created, changed])
      .when(changeProject(project, {}, { temperature: 2 }))
      .then([])
  })

  it('is deleted', () => givenStream(projectAggregate, [created]).when(deleteProject(project, false)).then([deleted]))
  it('is deleted once', () =>
    givenStream(projectAggregate, [created, deleted]).when(deleteProject(project, false)).thenRefused('not_found'))
  it('is erased', () =>
    givenStream(projectAggregate, [created]).when(deleteProject(project, true)).then([deleted, erased]))
  it('is erased after it was deleted', () =>
    givenStream(projectAggregate, [created, deleted]).when(deleteProject(project, true)).then([erased]))
  it('is erased once', () =>
    givenStream(projectAggregate, [created, deleted, erased]).when(deleteProject(project, true)).then([]))
})

describe('a prompt', () => {
  it('is added', () =>
    givenStream(projectAggregate, [created])
      .when(addPrompt(project, prompt))
      .then([promptAdded('q1')]))
  it('is removed', () => {
    givenStream(projectAggregate, [created, promptAdded('q1')])
      .when(removePrompt(project, 'q1'))
      .then([{ type: 'ProjectPromptRemoved', data: { ...project, promptId: 'q1' } }])
  })
  it('is removed once', () => {
    const removed: ProjectEvent = { type: 'ProjectPromptRemoved', data: { ...project, promptId: 'q1' } }
    givenStream(projectAggregate, [created, promptAdded('q1'), removed])
      .when(removePrompt(project, 'q1'))
      .thenRefused('not_found')
  })
  it('must be there to be removed, whatever it is called', () =>
    givenStream(projectAggregate, [created]).when(removePrompt(project, 'constructor')).thenRefused('not_found'))

  it('is one of 200 at most', () => {
    givenStream(projectAggregate, [created, ...many(199, (id) => promptAdded(id))])
      .when(addPrompt(project, prompt))
      .then([promptAdded('q1')])
    givenStream(projectAggregate, [created, ...many(200, (id) => promptAdded(id))])
      .when(addPrompt(project, prompt))
      .thenRefused('invalid')
  })
  it('is part of 400,000 characters at most', () => {
    const long = 'x'.repeat(100_000)
    const past = [created, ...many(3, (id) => promptAdded(id, long))]
    givenStream(projectAggregate, past)
      .when(addPrompt(project, { ...prompt, content: long }))
      .then([promptAdded('q1', long)])
    givenStream(projectAggregate, [...past, promptAdded('y', 'x')])
      .when(addPrompt(project, { ...prompt, content: long }))
      .thenRefused('invalid')
  })
})

describe('a file', () => {
  const copy = { provider: 'openai', id: 'file-1' }

  it('is added', () =>
    givenStream(projectAggregate, [created])
      .when(addFile(project, file))
      .then([fileAdded('f1')]))
  it('is added with what the provider calls it', () => {
    const { data, personal } = fileAdded('f1') as Extract<ProjectEvent, { type: 'ProjectFileAdded' }>
    givenStream(projectAggregate, [created])
      .when(addFile(project, { ...file, copy }))
      .then([{ type: 'ProjectFileAdded', data: { ...data, copy }, personal }])
  })
  it('is removed', () => {
    givenStream(projectAggregate, [created, fileAdded('f1')])
      .when(removeFile(project, 'f1'))
      .then([{ type: 'ProjectFileRemoved', data: { ...project, fileId: 'f1' } }])
  })
  it('is removed once', () => {
    const removed: ProjectEvent = { type: 'ProjectFileRemoved', data: { ...project, fileId: 'f1' } }
    givenStream(projectAggregate, [created, fileAdded('f1'), removed])
      .when(removeFile(project, 'f1'))
      .thenRefused('not_found')
  })
  it('is one of 200 at most', () => {
    givenStream(projectAggregate, [created, ...many(200, fileAdded)])
      .when(addFile(project, file))
      .thenRefused('invalid')
  })
})

describe('nobody else', () => {
  const all = [created, promptAdded('q1'), fileAdded('f1')]
  it.each([
    ['changes it', changeProject(stranger, { name: 'Mine' }, {})],
    ['deletes it', deleteProject(stranger, true)],
    ['adds a prompt', addPrompt(stranger, prompt)],
    ['removes a prompt', removePrompt(stranger, 'q1')],
    ['adds a file', addFile(stranger, file)],
    ['removes a file', removeFile(stranger, 'f1')],
  ])('%s', (_, decide) => givenStream(projectAggregate, all).when(decide).thenRefused('not_found'))

  it.each([
    ['changes', changeProject(project, { name: 'Mine' }, {})],
    ['takes a prompt', addPrompt(project, prompt)],
    ['takes a file', addFile(project, file)],
  ])('and once it is deleted nobody at all: it %s no more', (_, decide) =>
    givenStream(projectAggregate, [...all, deleted])
      .when(decide)
      .thenRefused('not_found'),
  )
})

describe('a project, whatever it is asked to do', () => {
  expectAggregateLaws({ aggregate: projectAggregate, definitions: projectEvents, commands: 'project' })
})
