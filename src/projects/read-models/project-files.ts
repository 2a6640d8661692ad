import { definedFields } from '../../commands/defined-fields.js'
import type { EnvelopeOf } from '../../event-store/catalog.js'
import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { UserEvents } from '../../identity/user.js'
import type { ProjectEvents, ProviderCopy } from '../project.js'

export interface ProjectFileDoc {
  _id: string
  projectId: string
  ownerId: string
  /** The order of the project's files: the position of the event. */
  seq: number
  contentId: string
  size: number
  copy?: ProviderCopy
  textLength?: number
  /** The sealed filename and type. */
  words?: EnvelopeOf<ProjectEvents, 'ProjectFileAdded'>
  uploadedAt: Date
}

type Events = ProjectEvents & UserEvents

export const projectFiles = projection<ProjectFileDoc, Events>('project_files', {
  version: 2,
  indexes: [{ projectId: 1, seq: 1 }, { ownerId: 1 }],
  on: {
    ProjectFileAdded: {
      key: (e) => e.data.fileId,
      evolve: (_, { data, personal, at, position }) => ({
        _id: data.fileId,
        projectId: data.projectId,
        ownerId: data.ownerId,
        seq: position,
        contentId: data.contentId,
        size: data.size,
        ...definedFields({ copy: data.copy, textLength: data.textLength }),
        ...(personal && { words: personal }),
        uploadedAt: at,
      }),
    },
    ProjectFileRemoved: { key: (e) => e.data.fileId, evolve: () => null },
    ProjectDeleted: { remove: (e) => ({ projectId: e.data.projectId }) },
    UserErased: { remove: (e) => ({ ownerId: e.data.userId }) },
  },
})

export const projectFileModel = {
  name: 'ProjectFile',
  schema: readModelSchema(projectFiles, { projectId: String, ownerId: String, seq: Number }),
}
