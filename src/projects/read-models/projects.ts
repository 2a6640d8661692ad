import type { Envelope } from '../../event-store/event.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { UserEvents } from '../../identity/user.js'
import type { ProjectEvents, ProjectSettings, ProjectWords } from '../project.js'

/** Name and description are each in the envelope that set it last. */
export interface ProjectDoc {
  _id: string
  ownerId: string
  name?: Envelope<Partial<ProjectWords>>
  description?: Envelope<Partial<ProjectWords>>
  settings: ProjectSettings
  promptCount: number
  fileCount: number
  createdAt: Date
  updatedAt: Date
}

type Events = ProjectEvents & UserEvents

const goesOn = { key: (e: { data: { projectId: string } }) => e.data.projectId }

const grownBy = (growth: { prompts?: number; files?: number }) => ({
  ...goesOn,
  evolve: (doc: ProjectDoc | null, { at }: { at: Date }) =>
    doc && {
      ...doc,
      promptCount: doc.promptCount + (growth.prompts ?? 0),
      fileCount: doc.fileCount + (growth.files ?? 0),
      updatedAt: at,
    },
})

export const projects = projection<ProjectDoc, Events>('projects', {
  version: 1,
  indexes: [{ ownerId: 1, createdAt: -1, _id: -1 }],
  on: {
    ProjectCreated: {
      ...goesOn,
      evolve: (_, { data, personal, at }) => ({
        _id: data.projectId,
        ownerId: data.ownerId,
        ...(personal && { name: personal, description: personal }),
        settings: data.settings,
        promptCount: 0,
        fileCount: 0,
        createdAt: at,
        updatedAt: at,
      }),
    },
    ProjectChanged: {
      ...goesOn,
      evolve: (doc, { data, personal, at }) => {
        const words = Object.fromEntries(data.fields.map((name) => [name, personal]))
        return doc && { ...doc, ...words, settings: data.settings ?? doc.settings, updatedAt: at }
      },
    },
    ProjectPromptAdded: grownBy({ prompts: 1 }),
    ProjectPromptRemoved: grownBy({ prompts: -1 }),
    ProjectFileAdded: grownBy({ files: 1 }),
    ProjectFileRemoved: grownBy({ files: -1 }),
    ProjectDeleted: { ...goesOn, evolve: () => null },
    UserErased: { remove: (e) => ({ ownerId: e.data.userId }) },
  },
})

export const projectModel = {
  name: 'Project',
  schema: readModelSchema('projects', { ownerId: String, createdAt: Date }),
}
