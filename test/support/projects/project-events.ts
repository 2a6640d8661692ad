import type { UserEvent } from '../../../src/identity/user.js'
import type { ProjectEvent } from '../../../src/projects/project.js'

/** Events of one project, for the specs of the read models that they go into. */
export const project = { projectId: 'p1', ownerId: 'ann' }
export const settings = { model: 'offline/echo', temperature: 0.7, maxTokens: 1000 }
const file = { contentId: 'bytes1', size: 7 }

export const created: ProjectEvent = {
  type: 'ProjectCreated',
  data: { ...project, settings },
  personal: { name: 'Log', description: 'Events' },
}
export const promptAdded: ProjectEvent = {
  type: 'ProjectPromptAdded',
  data: { ...project, promptId: 'pr1', role: 'system', length: 8 },
  personal: { content: 'Be brief' },
}
export const promptRemoved: ProjectEvent = { type: 'ProjectPromptRemoved', data: { ...project, promptId: 'pr1' } }
export const fileAdded: ProjectEvent = {
  type: 'ProjectFileAdded',
  data: { ...project, fileId: 'f1', ...file },
  personal: { filename: 'log.txt', type: 'text/plain' },
}
export const fileRemoved: ProjectEvent = { type: 'ProjectFileRemoved', data: { ...project, fileId: 'f1' } }
export const deleted: ProjectEvent = { type: 'ProjectDeleted', data: project }
export const erased: ProjectEvent = { type: 'ProjectErased', data: project }
export const ownerErased: UserEvent = { type: 'UserErased', data: { userId: 'ann' } }

/** The same event with some of its data otherwise. */
export const of = (event: ProjectEvent, changes: object): ProjectEvent =>
  ({ ...event, data: { ...event.data, ...changes } }) as ProjectEvent
