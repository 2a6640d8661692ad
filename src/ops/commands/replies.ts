import { getModelToken } from '@nestjs/mongoose'
import type { Model } from 'mongoose'
import { type OpenReplyDoc, openReplyModel } from '../../chat/open-replies.view.js'
import { Reconciler } from '../../chat/replies/reconciler.js'
import { ReplyQueue } from '../../chat/replies/reply-queue.js'
import { present } from '../../event-store/projection.js'
import type { OpsCommand } from './command.js'

export const repliesOpen: OpsCommand = {
  words: 'replies open',
  about: 'List the prompts that wait for an answer, the oldest first',
  async run(app, _, terminal) {
    const queue = app.get(ReplyQueue)
    const open = await app.get<Model<OpenReplyDoc>>(getModelToken(openReplyModel.name)).find(present).sort({ since: 1 }).lean<OpenReplyDoc[]>()
    const row = async ({ _id, chatId, since }: OpenReplyDoc) => [_id, chatId, since.toISOString(), (await queue.has(_id)) ? 'yes' : 'no']
    const rows = await Promise.all(open.map(row))
    if (rows.length > 0) terminal.table([['reply', 'chat', 'since', 'in the queue'], ...rows])
    terminal.say(`${open.length} open`)
  },
}

export const repliesReconcile: OpsCommand = {
  words: 'replies reconcile',
  about: 'Put prompts that wait for an answer back into the queue when they are missing there',
  details: 'Every worker does so by itself every few seconds. Adding twice is adding once.',
  async run(app, _, terminal) {
    const total = await app.get<Model<OpenReplyDoc>>(getModelToken(openReplyModel.name)).countDocuments(present)
    const missing = await terminal.watch('open replies', (update) => app.get(Reconciler).reconcile((done) => update(done, Math.max(done, total))))
    terminal.say(`${missing} of ${total} open replies were not in the queue${missing > 0 ? '; added again' : ''}`)
  },
}
