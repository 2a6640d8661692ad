import { BranchFinder } from '../../../src/chat/branch-finder.js'
import { Branches } from '../../../src/chat/branches.js'
import type { ChatEvent } from '../../../src/chat/chat.js'
import { ChooseBranch } from '../../../src/chat/commands/choose-branch.js'
import { Bus } from '../../../src/commands/bus.js'
import { Cause } from '../../../src/commands/cause.js'
import { ownerStream } from '../../../src/identity/users.js'
import * as its from '../../support/chat/chat-events.js'
import { ChatDeployment, type ChatProcess, newPrompt } from '../../support/chat/chat-process.js'

let deployment: ChatDeployment
let here: ChatProcess
beforeAll(async () => {
  deployment = await ChatDeployment.begin()
  here = await deployment.start(['projector'])
  await here.engine.vault.keyForFirstAppend(ownerStream(its.chat.ownerId))
})
afterAll(() => deployment?.end())
afterEach(() => jest.restoreAllMocks())

const latest = () => jest.spyOn(here.get(BranchFinder), 'latestBranchesOf')

/** A chat with two beginnings, of which the second one is current. */
async function branched() {
  const { chat, started } = newPrompt()
  const [first, second] = [`${chat.chatId}-1`, `${chat.chatId}-2`]
  const message = (messageId: string, more: object = {}): ChatEvent =>
    its.of(its.stored, { ...chat, messageId, role: 'user', ...more })
  await here.append(started, message(first), message(second, { after: { place: 0, messageId: '' } }))
  await here.engine.projections.waitUntilReached(await here.engine.store.head())
  return { chat, first, second }
}
const choose = (chat: { chatId: string; ownerId: string }, messageId: string) =>
  here.get(Bus).command(new ChooseBranch(Cause.by('ann'), chat, messageId))

describe('a branch that is chosen', () => {
  it('is looked at again when the chat has gone on meanwhile', async () => {
    const { chat, first } = await branched()
    const looked = latest().mockResolvedValueOnce(new Branches({}))
    await choose(chat, first)
    expect(looked).toHaveBeenCalledTimes(2)
    expect((await here.events(chat.chatId)).at(-1)).toMatchObject({
      type: 'BranchChosen',
      data: { messageId: first, tip: { messageId: first } },
    })
  })

  it('changes nothing when it is the current one', async () => {
    const { chat, second } = await branched()
    await choose(chat, second)
    expect((await here.events(chat.chatId)).at(-1)!.type).toBe('MessageStored')
  })

  it('is not looked at again when it is refused', async () => {
    const { chat } = await branched()
    const looked = latest()
    await expect(choose(chat, 'm-none')).rejects.toMatchObject({ code: 'not_found' })
    expect(looked).toHaveBeenCalledTimes(1)
  })

  it('is given up when the chat changes each time', async () => {
    const { chat, first } = await branched()
    const looked = latest().mockResolvedValue(new Branches({}))
    await expect(choose(chat, first)).rejects.toMatchObject({ code: 'contended', kind: 'retryable' })
    expect(looked).toHaveBeenCalledTimes(10)
  })
})
