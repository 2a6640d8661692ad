import { projection } from '../../event-store/projecting/projection.js'
import { readModelSchema } from '../../event-store/projecting/read-model-queries.js'
import type { UserEvents } from '../../identity/user.js'
import type { ProjectEvents } from '../project.js'

/** A deleted project that is not erased yet; retention erases it later. */
export interface DeletedProjectDoc {
  _id: string
  ownerId: string
  deletedAt: Date
}

export const deletedProjects = projection<DeletedProjectDoc, ProjectEvents & UserEvents>('deleted_projects', {
  version: 1,
  indexes: [{ deletedAt: 1 }, { ownerId: 1 }],
  on: {
    ProjectDeleted: {
      key: (e) => e.data.projectId,
      evolve: (_, { data, at }) => ({ _id: data.projectId, ownerId: data.ownerId, deletedAt: at }),
    },
    ProjectErased: { key: (e) => e.data.projectId, evolve: () => null },
    UserErased: { remove: (e) => ({ ownerId: e.data.userId }) },
  },
})

export const deletedProjectModel = {
  name: 'DeletedProject',
  schema: readModelSchema(deletedProjects, { ownerId: String, deletedAt: Date }),
}
