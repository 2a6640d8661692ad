import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs'
import { type ChatEvents, isReplyBeginning, type RecordedReplyBeginning } from '../../chat/chat.js'
import { chatStream } from '../../chat/chats.js'
import type { RecordedEventOf } from '../../event-store/catalog.js'
import { Engine } from '../../event-store/engine.js'
import { Refused } from '../../event-store/errors.js'
import type { Cause } from '../../commands/cause.js'
import { projectStream } from '../../projects/projects.js'
import { ContextFiles } from '../../projects/read-models/files-for-chat.js'
import { Evidence } from '../evidence/evidence.js'
import { pointAtPosition } from './point-in-log.js'
import {
  type ContextChange,
  contextChanges,
  type RecomputedContext,
  recomputeContext,
  type RecordedProjectEvent,
  endingOf,
} from './recomputed-context.js'
import { eventsUpTo } from './replay.js'

type ChatEvent = RecordedEventOf<ChatEvents>

export interface ReplyContext extends RecomputedContext {
  /** What began the reply: the prompt, or the last output of its calls. */
  prompt: RecordedReplyBeginning
  changes: ContextChange[]
  end?: ReturnType<typeof endingOf>
}

/** The context that the model was given for a reply; the read is recorded. */
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
    private readonly files: ContextFiles,
  ) {}

  async execute({ cause, chatId, replyId }: ReadContext): Promise<ReplyContext> {
    const { store } = this.engine
    const head = await store.head()
    const now = pointAtPosition(head)
    const events = await eventsUpTo<ChatEvent>(store, chatStream(chatId), now)
    const prompt = events.find(
      (event): event is RecordedReplyBeginning => isReplyBeginning(event) && event.data.replyId === replyId,
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
    const project =
      projectId === undefined ? [] : await eventsUpTo<RecordedProjectEvent>(store, projectStream(projectId), now)
    const projectThen = project.filter(({ position }) => position <= prompt.position)
    const end = endingOf(replyId, events)
    return {
      prompt,
      ...(await recomputeContext(this.engine, prompt, projectThen, this.files, end)),
      changes: contextChanges(prompt.position, end?.position ?? head + 1, events, project),
      end,
    }
  }
}
