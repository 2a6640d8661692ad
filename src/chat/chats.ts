import { Injectable } from '@nestjs/common'
import type { RecordedEventOf } from '../event-store/catalog.js'
import type { Decide } from '../event-store/deciding/aggregate.js'
import type { Decider, CommandOutcome } from '../event-store/deciding/decider.js'
import { Engine } from '../event-store/engine.js'
import type { AppendMeta } from '../event-store/event.js'
import { ownerStream } from '../identity/users.js'
import {
  chatAggregate,
  type ChatEvents,
  type ChatRef,
  type ChatState,
  isReplyEnding,
  type OpenReply,
  replyEndings,
} from './chat.js'
import { ReplyMetrics } from '../telemetry/reply-metrics.js'

export const chatStream = (chatId: string) => `chat-${chatId}`

/** The streams of chats. Each is sealed under its owner's key. */
@Injectable()
export class Chats {
  private readonly decider: Decider<ChatState, RecordedEventOf<ChatEvents>>

  constructor(
    engine: Engine,
    private readonly metrics: ReplyMetrics,
  ) {
    this.decider = engine.decider(chatAggregate)
  }

  async execute(
    { chatId, ownerId }: ChatRef,
    meta: AppendMeta,
    decide: Decide<ChatState>,
  ): Promise<CommandOutcome<ChatState>> {
    const before: { open?: OpenReply | null } = {}
    const noting: Decide<ChatState> = (state) => {
      before.open = state.open
      return decide(state)
    }
    const outcome = await this.decider.execute(chatStream(chatId), meta, noting, { owner: ownerStream(ownerId) })
    if (before.open && !outcome.repeated) this.measure(before.open, outcome.events)
    return outcome
  }

  async state(chatId: string): Promise<ChatState> {
    const { state } = await this.decider.read(chatStream(chatId))
    return state
  }

  private measure({ model, since }: OpenReply, events: CommandOutcome<ChatState>['events']): void {
    for (const event of events) {
      if (!isReplyEnding(event)) continue
      const tokens = event.type === 'ReplyFailed' ? undefined : event.data.tokens
      this.metrics.recordReply({ outcome: replyEndings[event.type], model, since, at: event.at, tokens })
    }
  }
}
