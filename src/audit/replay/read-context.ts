import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import type { ChatEvents } from '../../chat/chat.js'
import { chatStream } from '../../chat/chats.js'
import type { RecordedEventOf } from '../../event-store/catalog.js'
import { Engine } from '../../event-store/engine.js'
import { Refused } from '../../event-store/errors.js'
import type { Cause } from '../../commands/cause.js'
import { projectStream } from '../../projects/projects.js'
import type { HadHappened } from './requested-moment.js'
import {
  type ContextAt,
  contextAt,
  endOf,
  type Meanwhile,
  meanwhile,
  type ProjectEvent,
  type PromptSent,
} from './context-at.js'
import { Evidence } from '../history/evidence.js'
import { streamAt } from './stream-at.js'

type ChatEvent = RecordedEventOf<ChatEvents>

export interface ReplyContext extends ContextAt {
  prompt: PromptSent
  meanwhile: Meanwhile[]
  end?: ReturnType<typeof endOf>
}

/** What the model was given for a reply, recorded. */
export class ReadContext extends Query<ReplyContext> {
  constructor(
    readonly cause: Cause,
    readonly chatId: string,
    readonly replyId: string,
  ) {
    super()
  }
}

@QueryHandler(ReadContext)
export class ReadContextHandler implements IQueryHandler<ReadContext> {
  constructor(
    private readonly engine: Engine,
    private readonly evidence: Evidence,
  ) {}

  async execute({ cause, chatId, replyId }: ReadContext): Promise<ReplyContext> {
    const { store } = this.engine
    const head = await store.head()
    const byNow: HadHappened = ({ position }) => position <= head
    const events = await streamAt<ChatEvent>(store, chatStream(chatId), byNow)
    const prompt = events.find(
      (event): event is PromptSent => event.type === 'PromptSent' && event.data.replyId === replyId,
    )
    if (!prompt) throw new Refused('not_found', 'there is no such reply in this chat')
    await this.evidence.record(cause, {
      what: 'context',
      of: replyId,
      filters: { stream: chatStream(chatId) },
      upTo: head,
      opened: true,
    })
    const { projectId } = prompt.data
    const project = projectId === undefined ? [] : await streamAt<ProjectEvent>(store, projectStream(projectId), byNow)
    const then = project.filter(({ position }) => position <= prompt.position)
    const end = endOf(replyId, events)
    return {
      prompt,
      ...(await contextAt(this.engine, prompt, then)),
      meanwhile: meanwhile(prompt.position, end?.position ?? head + 1, events, project),
      end,
    }
  }
}
