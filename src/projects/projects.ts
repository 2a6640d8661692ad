import { Injectable } from '@nestjs/common'
import type { RecordedEventOf } from '../event-store/catalog.js'
import type { Decide } from '../event-store/deciding/aggregate.js'
import type { Decider, CommandOutcome } from '../event-store/deciding/decider.js'
import { Engine } from '../event-store/engine.js'
import type { AppendMeta } from '../event-store/event.js'
import { userStream } from '../identity/users.js'
import { type OwnProject, projectAggregate, type ProjectEvents, type ProjectState } from './project.js'

export const projectStream = (projectId: string) => `project-${projectId}`

/** The streams of projects. Each has a key of its own, which is wrapped by its owner's key. */
@Injectable()
export class Projects {
  private readonly decider: Decider<ProjectState, RecordedEventOf<ProjectEvents>>

  constructor(engine: Engine) {
    this.decider = engine.decider(projectAggregate)
  }

  execute(
    { projectId, ownerId }: OwnProject,
    meta: AppendMeta,
    decide: Decide<ProjectState>,
  ): Promise<CommandOutcome<ProjectState>> {
    return this.decider.execute(projectStream(projectId), meta, decide, { owner: userStream(ownerId) })
  }

  async state(projectId: string): Promise<ProjectState> {
    const { state } = await this.decider.read(projectStream(projectId))
    return state
  }
}
