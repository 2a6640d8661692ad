import type { EnvelopeOf } from '../../event-store/catalog.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { UserEvents } from '../../identity/user.js'
import type { ProjectEvents, PromptRole } from '../project.js'

export interface ProjectPromptDoc {
  _id: string
  projectId: string
  ownerId: string
  /** The order of the project's prompts: the position of the event. */
  seq: number
  role: PromptRole
  content?: EnvelopeOf<ProjectEvents, 'ProjectPromptAdded'>
  createdAt: Date
}

type Events = ProjectEvents & UserEvents

export const projectPrompts = projection<ProjectPromptDoc, Events>('project_prompts', {
  version: 1,
  indexes: [{ projectId: 1, seq: 1 }, { ownerId: 1 }],
  on: {
    ProjectPromptAdded: {
      key: (e) => e.data.promptId,
      evolve: (_, { data, personal, at, position }) => ({
        _id: data.promptId,
        projectId: data.projectId,
        ownerId: data.ownerId,
        seq: position,
        role: data.role,
        ...(personal && { content: personal }),
        createdAt: at,
      }),
    },
    ProjectPromptRemoved: { key: (e) => e.data.promptId, evolve: () => null },
    ProjectDeleted: { remove: (e) => ({ projectId: e.data.projectId }) },
    UserErased: { remove: (e) => ({ ownerId: e.data.userId }) },
  },
})

export const projectPromptModel = {
  name: 'ProjectPrompt',
  schema: readModelSchema(projectPrompts, { projectId: String, ownerId: String, seq: Number }),
}
