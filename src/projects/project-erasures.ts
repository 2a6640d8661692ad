import { Injectable } from '@nestjs/common'
import { KeyErasures } from '../commands/key-erasures.js'
import { Engine } from '../event-store/engine.js'
import { reactor } from '../event-store/projecting/reactor.js'
import type { ProjectEvents } from './project.js'
import { projectStream } from './projects.js'

@Injectable()
export class ProjectErasures extends KeyErasures {
  constructor(engine: Engine) {
    super(engine, (erase) =>
      reactor<ProjectEvents>('project-erasures', { ProjectErased: ({ data }) => erase(projectStream(data.projectId)) }),
    )
  }
}
