import { BranchFinder } from '../../../src/chat/branch-finder.js'
import { Branches } from '../../../src/chat/branches.js'
import type { ChatEvent } from '../../../src/chat/chat.js'
import { GetChat, ListChats } from '../../../src/chat/read-models/chat-queries.js'
import { ListChatItems } from '../../../src/chat/read-models/chat-items.js'
import { FindMessage, GetMessage, ListMessages } from '../../../src/chat/read-models/message-queries.js'
import { SearchChats } from '../../../src/chat/read-models/search-chats.js'
import { Bus } from '../../../src/commands/bus.js'
import { ownerStream } from '../../../src/identity/users.js'
import * as its from '../../support/chat/chat-events.js'
import { ChatDeployment, type ChatProcess, newPrompt } from '../../support/chat/chat-process.js'

let deployment: ChatDeployment
let here: ChatProcess
beforeAll(async () => {
  deployment = await ChatDeployment.begin()
  here = await deployment.start(['projector'])
})
afterAll(() => deployment?.end())

let owners = 0
/** Somebody with these chats, the oldest first. */
async function somebody(...titles: { title: string; tags?: string[] }[]) {
  const ownerId = `owner-${++owners}`
  await here.engine.vault.keyForFirstAppend(ownerStream(ownerId))
  const chatIds: string[] = []
  for (const { title, tags } of titles) {
    const { chatId } = newPrompt().chat
    const data = { chatId, ownerId }
    const tagged: ChatEvent[] = tags ? [{ type: 'ChatTagged', data, personal: { tags } }] : []
    await here.append({ type: 'ChatStarted', data, personal: { title } }, ...tagged)
    chatIds.push(chatId)
  }
  await here.engine.projections.waitUntilReached(await here.engine.store.head())
  return { ownerId, chatIds }
}
const query: Bus['query'] = (one) => here.get(Bus).query(one)
const refused = (message: string) => ({ code: 'not_found', message })

describe('a chat', () => {
  it('is found by its owner, and by nobody else', async () => {
    const { ownerId, chatIds } = await somebody({ title: 'Rome' })
    const chatId = chatIds[0]!
    expect(await query(new GetChat({ chatId, ownerId }))).toMatchObject({ id: chatId, name: 'Rome', userId: ownerId })
    for (const chat of [
      { chatId, ownerId: 'bob' },
      { chatId: 'c-none', ownerId },
    ])
      await expect(query(new GetChat(chat))).rejects.toMatchObject(refused('there is no such chat'))
  })

  it('is gone when it is deleted', async () => {
    const { ownerId, chatIds } = await somebody({ title: 'Rome' }, { title: 'Paris' })
    const chat = { chatId: chatIds[0]!, ownerId }
    await here.append({ type: 'ChatDeleted', data: chat })
    await here.engine.projections.waitUntilReached(await here.engine.store.head())
    await expect(query(new GetChat(chat))).rejects.toMatchObject({ code: 'not_found' })
    const { items } = await query(new ListChats(ownerId, { limit: 10 }))
    expect(items.map(({ name }) => name)).toEqual(['Paris'])
  })
})

describe('a list of chats', () => {
  it('has the newest first, page by page', async () => {
    const { ownerId, chatIds } = await somebody({ title: '1' }, { title: '2' }, { title: '3' })
    const first = await query(new ListChats(ownerId, { limit: 2 }))
    expect(first.items.map(({ name }) => name)).toEqual(['3', '2'])
    const second = await query(new ListChats(ownerId, { limit: 2, cursor: first.nextCursor }))
    expect(second).toMatchObject({ items: [{ id: chatIds[0], name: '1' }] })
    expect(second.nextCursor).toBeUndefined()
  })
})

describe('a search', () => {
  const search = async (ownerId: string, text: string, tags: string[] = [], limit = 50) =>
    (await query(new SearchChats(ownerId, text, tags, { limit }))).items.map(({ name }) => name)

  it('finds a part of a title, however it is spelled', async () => {
    const { ownerId } = await somebody({ title: 'A letter to ROME' }, { title: 'Ｒｏｍｅ' }, { title: 'Paris' })
    expect(await search(ownerId, 'rome')).toEqual(['Ｒｏｍｅ', 'A letter to ROME'])
    expect(await search(ownerId, 'ROME')).toHaveLength(2)
    expect(await search(ownerId, 'Berlin')).toEqual([])
    expect(await search(ownerId, '')).toEqual(['Paris', 'Ｒｏｍｅ', 'A letter to ROME'])
  })

  it('finds chats that have all of the tags, however they are spelled', async () => {
    const { ownerId } = await somebody(
      { title: 'Rome', tags: ['Travel', 'food'] },
      { title: 'Paris', tags: ['travel'] },
      { title: 'Berlin' },
    )
    expect(await search(ownerId, '', ['TRAVEL'])).toEqual(['Paris', 'Rome'])
    expect(await search(ownerId, '', ['travel', 'food'])).toEqual(['Rome'])
    expect(await search(ownerId, '', ['trav'])).toEqual([])
    expect(await search(ownerId, 'par', ['travel'])).toEqual(['Paris'])
    expect(await search(ownerId, 'par', ['food'])).toEqual([])
  })

  it('opens what this process has no key of yet', async () => {
    const { ownerId } = await somebody({ title: 'Rome', tags: ['travel'] }, { title: 'Paris', tags: ['home'] })
    const there = await deployment.start(['api'])
    const find = (text: string, tags: string[]) =>
      there.get(Bus).query(new SearchChats(ownerId, text, tags, { limit: 50 }))
    jest.spyOn(there.engine.vault, 'prefetchKeys').mockResolvedValueOnce() // as if it had more chats than are prefetched
    expect((await find('rome', ['travel'])).items.map(({ name }) => name)).toEqual(['Rome'])
    await there.close()
  })

  it('comes page by page, and says when there is no next one', async () => {
    const { ownerId } = await somebody({ title: 'a 1' }, { title: 'b' }, { title: 'a 2' }, { title: 'a 3' })
    const first = await query(new SearchChats(ownerId, 'a', [], { limit: 2 }))
    expect(first.items.map(({ name }) => name)).toEqual(['a 3', 'a 2'])
    const second = await query(new SearchChats(ownerId, 'a', [], { limit: 2, cursor: first.nextCursor }))
    expect(second).toMatchObject({ items: [{ name: 'a 1' }] })
    expect(second.nextCursor).toBeUndefined()
    expect((await query(new SearchChats(ownerId, 'a', [], { limit: 3 }))).nextCursor).toBeUndefined()
  })

  it('refuses the cursor of nothing', async () => {
    await expect(query(new SearchChats('ann', 'a', [], { limit: 2, cursor: 'x' }))).rejects.toMatchObject({
      code: 'invalid',
    })
  })

  it('passes on that the database has failed', async () => {
    const { ownerId } = await somebody({ title: 'Rome' })
    const connected = jest.spyOn(here.db.constructor.prototype, 'command')
    connected.mockRejectedValueOnce(new Error('away'))
    await expect(search(ownerId, 'rome')).rejects.toThrow('away')
    jest.restoreAllMocks()
  })
})

describe('messages', () => {
  const message = (chat: { chatId: string; ownerId: string }, messageId: string): ChatEvent => ({
    type: 'MessageStored',
    data: { ...chat, messageId, role: 'user' },
    personal: { content: messageId },
  })

  async function conversation() {
    const { ownerId, chatIds } = await somebody({ title: 'Rome' })
    const chat = { chatId: chatIds[0]!, ownerId }
    const ids = ['1', '2', '3'].map((n) => `${chat.chatId}-m${n}`)
    await here.append(...ids.map((id) => message(chat, id)))
    await here.engine.projections.waitUntilReached(await here.engine.store.head())
    return { chat, ids }
  }

  it('are found by their owner', async () => {
    const { chat, ids } = await conversation()
    expect(await query(new FindMessage(ids[0]!, chat.ownerId))).toMatchObject({ _id: ids[0], sessionId: chat.chatId })
    await expect(query(new FindMessage(ids[0]!, 'bob'))).rejects.toMatchObject(refused('there is no such message'))
    await here.append({ type: 'MessageDeleted', data: { ...chat, messageId: ids[0]! } })
    await here.engine.projections.waitUntilReached(await here.engine.store.head())
    await expect(query(new FindMessage(ids[0]!, chat.ownerId))).rejects.toMatchObject({ code: 'not_found' })
  })

  it('are found in their chat', async () => {
    const { chat, ids } = await conversation()
    expect(await query(new GetMessage(chat, ids[1]!))).toMatchObject({ id: ids[1], content: ids[1] })
    const another = { ...chat, chatId: 'c-other' }
    await expect(query(new GetMessage(another, ids[1]!))).rejects.toMatchObject(
      refused('there is no such message in this chat'),
    )
  })

  it('are listed in their order, or in the other one, page by page', async () => {
    const { chat, ids } = await conversation()
    const contents = async (order?: 'newest first', cursor?: string) => {
      const { items, nextCursor } = await query(new ListMessages(chat, { limit: 2, cursor }, order))
      return { contents: items.map(({ content }) => content), nextCursor }
    }
    const first = await contents()
    expect(first.contents).toEqual(ids.slice(0, 2))
    expect((await contents(undefined, first.nextCursor)).contents).toEqual(ids.slice(2))
    const newest = await contents('newest first')
    expect(newest.contents).toEqual([ids[2], ids[1]])
    expect((await contents('newest first', newest.nextCursor)).contents).toEqual([ids[0]])
  })

  it('are listed with a branch that the list of chats does not have yet', async () => {
    const { chat, ids } = await conversation()
    const after = { place: 0, messageId: '' }
    const branch: ChatEvent = {
      type: 'MessageStored',
      data: { ...chat, messageId: `${ids[0]}-again`, role: 'user', after },
      personal: { content: 'Another beginning' },
    }
    await here.append(branch)
    await here.engine.projections.waitUntilReached(await here.engine.store.head())
    const old = jest.spyOn(here.get(BranchFinder), 'branchesOf').mockResolvedValueOnce(new Branches({}))
    const { items } = await query(new ListMessages(chat, { limit: 9 }))
    expect(items.map(({ content }) => content)).toEqual(['Another beginning'])
    old.mockRestore()
  })

  it('are not listed to anybody else', async () => {
    const { chat } = await conversation()
    const list = new ListMessages({ ...chat, ownerId: 'bob' }, { limit: 2 })
    await expect(query(list)).rejects.toMatchObject(refused('there is no such chat'))
  })
})

describe('what a reply was asked with', () => {
  it('stands behind the answer before it', async () => {
    const { ownerId, chatIds } = await somebody({ title: 'Rome' })
    const chat = { chatId: chatIds[0]!, ownerId }
    const id = (name: string) => `${name}-${chat.chatId}`
    for (const turn of ['1', '2', '3']) {
      const reply = { ...chat, promptId: id(`p${turn}`), replyId: id(`r${turn}`) }
      await here.append(its.of(its.sent, reply), its.of(its.completed, reply))
    }
    await here.engine.projections.waitUntilReached(await here.engine.store.head())
    const itemsOf = async (replyId: string) =>
      (await query(new ListChatItems(chat, { order: 'asc', limit: 9 }, replyId))).messages.map((message) => message.id)
    expect(await itemsOf(id('r1'))).toEqual([id('p1')])
    expect(await itemsOf(id('r3'))).toEqual([id('p3')])
  })

  it('comes in pages, and says whether there is more', async () => {
    const { ownerId, chatIds } = await somebody({ title: 'Rome' })
    const chat = { chatId: chatIds[0]!, ownerId }
    const ids = ['1', '2', '3'].map((n) => `${chat.chatId}-m${n}`)
    await here.append(...ids.map((messageId) => its.of(its.stored, { ...chat, messageId }) as ChatEvent))
    await here.engine.projections.waitUntilReached(await here.engine.store.head())
    const page = async (order: 'asc' | 'desc', limit: number, from?: string) => {
      const { messages, hasMore } = await query(new ListChatItems(chat, { order, limit, from }))
      return [messages.map((message) => message.id), hasMore]
    }
    expect(await page('asc', 2)).toEqual([ids.slice(0, 2), true])
    expect(await page('asc', 3)).toEqual([ids, false])
    expect(await page('asc', 2, ids[1])).toEqual([ids.slice(1), false])
    expect(await page('desc', 1, ids[1])).toEqual([[ids[1]], true])
  })
})

describe('lists', () => {
  it('are read along an index, however long they are: nothing is sorted', async () => {
    const { ownerId, chatIds } = await somebody({ title: 'Rome' }, { title: 'Paris' }, { title: 'London' })
    const chat = { chatId: chatIds[0]!, ownerId }
    await here.db.command({ profile: 2 })
    const { nextCursor: cursor } = await query(new ListChats(ownerId, { limit: 1 }))
    await query(new ListChats(ownerId, { limit: 1, cursor }))
    for (const order of ['oldest first', 'newest first'] as const)
      await query(new ListMessages(chat, { limit: 2 }, order))
    await here.db.command({ profile: 0 })
    const isOfList = { 'command.find': { $in: ['chats', 'messages'] }, 'command.sort': { $exists: true } }
    const reads = await here.db.collection('system.profile').find(isOfList).toArray()
    expect(reads.map(({ hasSortStage, planSummary }) => [hasSortStage, planSummary])).toEqual([
      [undefined, expect.stringMatching(/^IXSCAN \{ userId: 1/)],
      [undefined, expect.stringMatching(/^IXSCAN \{ userId: 1/)],
      [undefined, expect.stringMatching(/^IXSCAN \{ sessionId: 1/)],
      [undefined, expect.stringMatching(/^IXSCAN \{ sessionId: 1/)],
    ])
  })
})
