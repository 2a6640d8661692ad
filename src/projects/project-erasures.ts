import { Injectable, type OnModuleInit } from '@nestjs/common'
import { Engine } from '../event-store/engine.js'
import { reactor } from '../event-store/projecting/reactor.js'
import type { ProjectEvents } from './project.js'
import { projectStream } from './projects.js'

/** Destroys the key of an erased project, after its event: may run twice, and in two processes at once. */
@Injectable()
export class ProjectErasures implements OnModuleInit {
  constructor(private readonly engine: Engine) {}

  onModuleInit(): void {
    this.engine.addReactor(
      reactor<ProjectEvents>('project-erasures', { ProjectErased: (event) => this.erase(event.data.projectId) }),
    )
  }

  async erase(projectId: string): Promise<void> {
    await this.engine.vault.destroy(projectStream(projectId), new Date())
  }
}
