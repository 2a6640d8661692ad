import type { Envelope } from '../../event-store/event.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { UserEvents } from '../../identity/user.js'
import type { ProjectEvents, ProjectSettings, ProjectTexts } from '../project.js'

/** Name and description are sealed: each is in the envelope of the event that set it last. */
export interface ProjectDoc {
  _id: string
  ownerId: string
  name?: Envelope<Partial<ProjectTexts>>
  description?: Envelope<Partial<ProjectTexts>>
  settings: ProjectSettings
  promptCount: number
  fileCount: number
  createdAt: Date
  updatedAt: Date
}

type Events = ProjectEvents & UserEvents

const byProject = { key: (e: { data: { projectId: string } }) => e.data.projectId }

const countsChange = (change: { prompts?: number; files?: number }) => ({
  ...byProject,
  evolve: (doc: ProjectDoc | null, { at }: { at: Date }) =>
    doc && {
      ...doc,
      promptCount: doc.promptCount + (change.prompts ?? 0),
      fileCount: doc.fileCount + (change.files ?? 0),
      updatedAt: at,
    },
})

export const projects = projection<ProjectDoc, Events>('projects', {
  version: 1,
  indexes: [{ ownerId: 1, createdAt: -1, _id: -1 }],
  on: {
    ProjectCreated: {
      ...byProject,
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
      ...byProject,
      evolve: (doc, { data, personal, at }) => {
        const texts = Object.fromEntries(data.fields.map((name) => [name, personal]))
        return doc && { ...doc, ...texts, settings: data.settings ?? doc.settings, updatedAt: at }
      },
    },
    ProjectPromptAdded: countsChange({ prompts: 1 }),
    ProjectPromptRemoved: countsChange({ prompts: -1 }),
    ProjectFileAdded: countsChange({ files: 1 }),
    ProjectFileRemoved: countsChange({ files: -1 }),
    ProjectDeleted: { ...byProject, evolve: () => null },
    UserErased: { remove: (e) => ({ ownerId: e.data.userId }) },
  },
})

export const projectModel = {
  name: 'Project',
  schema: readModelSchema(projects, { ownerId: String, createdAt: Date }),
}
