import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Reader } from '../../support/chat/reader.js'
import { following, sending } from '../../support/chat/reader.js'
import type { Follower } from '../../support/realtime/follower.js'
import { type Action, type Choice, choices } from './choices.js'
import type { Journal, SentPrompt } from './journal.js'
import { must, type PatientClient, Unanswered } from './patient-client.js'
import { readToTheEnd } from './reading.js'
import { eraseAnAccount } from './erased-account.js'
import { visit } from './guest.js'
import { useProject } from './project.js'
import { verifyReceiptOf } from './receipts.js'

/** What all persons of a run share. */
export interface Town {
  readonly seed: number
  readonly journal: Journal
  readonly people: Person[]
  /** A stranger: a client without an account. */
  readonly stranger: () => PatientClient
  isOver: boolean
}

interface Chat {
  id: string
  /** Of the newest rename that was acknowledged. */
  renames: number
  isDeleted: boolean
}

/** One account, which does one thing after the other until the run is over. */
export class Person {
  /** The first one is followed by a socket, and never deleted. */
  readonly chats: Chat[]
  /** Readers that go on while the person does something else. */
  private readonly reading: Promise<unknown>[] = []
  private prompts = 0

  constructor(
    readonly number: number,
    readonly client: PatientClient,
    private readonly town: Town,
    kept: string,
    readonly follower: Follower,
  ) {
    this.chats = [newChat(kept)]
  }

  get id(): string {
    return this.client.client.id
  }

  get kept(): Chat {
    return this.chats[0]!
  }

  async live(): Promise<void> {
    for (const choice of choices(this.town.seed, this.number)) {
      if (this.town.isOver) break
      try {
        await this.actions[choice.action](choice)
        this.journal.count(choice.action)
      } catch (error) {
        if (!(error instanceof Unanswered))
          this.journal.violation('every answer fits', `${choice.action}: ${String(error)}`)
      }
      await pause(choice.pauseMs)
    }
    await Promise.all(this.reading)
  }

  private readonly actions: Record<Action, (choice: Choice) => Promise<unknown>> = {
    'wait for an answer': (choice) => this.waitForAnswer(choice),
    'read an answer along': (choice) => this.readAlong(choice),
    'ask for an answer later': (choice) => this.askForLater(choice),
    'ask over the socket': (choice) => this.askOverSocket(choice),
    'cancel an answer': (choice) => this.cancel(choice),
    'rename a chat': (choice) => this.rename(choice),
    'give feedback': (choice) => this.giveFeedback(choice),
    'store a message': (choice) => this.storeMessage(choice),
    'read own chats': (choice) => this.readOwn(choice),
    'read a chat of somebody else': (choice) => this.readForeign(choice),
    'delete a chat': (choice) => this.deleteChat(choice),
    'verify a receipt': (choice) => verifyReceiptOf(this.client, this.ownPrompt(choice), this.journal),
    'use a project': (choice) => useProject(this.client, choice, this.journal),
    'use the service as a guest': (choice) => visit(this.town.stranger(), choice, this.journal),
    'erase an account': (choice) => eraseAnAccount(this.town.stranger(), choice, this.journal),
  }

  private get journal(): Journal {
    return this.town.journal
  }

  private async waitForAnswer(choice: Choice): Promise<void> {
    const [chat, text] = [this.chatFor(choice), this.words(choice)]
    const answered = await this.client.command('POST', `/chat/${chat.id}/send`, { text }, randomUUID())
    const { status, body } = answered
    if (status === 409 || status === 502) return this.journal.count(`prompts answered ${status}`)
    if (status === 202) return this.follow(this.acknowledged(chat, text, body.promptId, body.messageId))
    must(answered, 200)
    const prompt = this.acknowledged(chat, text, body.promptId, body.messageId)
    prompt.told = { status: body.status, text: body.text }
    await this.expectReadable(chat, prompt, body.status)
  }

  private async readAlong(choice: Choice): Promise<void> {
    const [chat, text] = [this.chatFor(choice), this.words(choice)]
    const ask = sending(chat.id, { text }, randomUUID())
    const reader = await readToTheEnd(this.client, ask, this.journal, choice.cutAfter)
    if (!reader) return this.journal.count('streams refused')
    const prompt = this.acknowledged(chat, text, reader.promptId, reader.replyId)
    this.read(prompt, reader)
    const position = Number(reader.ended!.data.logPosition ?? 0)
    if (prompt.told!.status !== 'failed') await this.expectReadable(chat, prompt, prompt.told!.status, position)
  }

  private async askForLater(choice: Choice): Promise<void> {
    const [chat, text] = [this.chatFor(choice), this.words(choice)]
    const key = randomUUID()
    const answered = await this.client.ask(
      'POST',
      `/chat/${chat.id}/send`,
      { text },
      { 'idempotency-key': key, prefer: 'respond-async' },
    )
    if (answered.status === 409) return this.journal.count('prompts answered 409')
    must(answered, 202)
    this.follow(this.acknowledged(chat, text, answered.body.promptId, answered.body.messageId))
  }

  /** Goes on in the background. */
  private follow(prompt: SentPrompt): void {
    const reading = readToTheEnd(this.client, following(prompt.replyId), this.journal).then(
      (reader) => reader && this.read(prompt, reader),
    )
    this.reading.push(reading)
  }

  private async askOverSocket(choice: Choice): Promise<void> {
    const [chatId, content, commandId] = [this.kept.id, this.words(choice), randomUUID()]
    const message = { chatId, content, commandId }
    for (let tries = 0; tries < 60; tries++, await pause(200)) {
      // oxlint-disable-next-line typescript/no-explicit-any
      const ack: any = await this.follower.socket
        .timeout(10_000)
        .emitWithAck('chat-message', message)
        .catch(() => undefined)
      if (ack?.code === 'internal') this.journal.violation('no answer is 500', `socket: ${JSON.stringify(ack)}`)
      if (ack?.ok) return void this.acknowledged(this.kept, content, ack.promptId, ack.replyId)
      if (ack?.code === 'reply_in_progress') return this.journal.count('prompts answered 409')
    }
    this.journal.violation('every request is answered in the end', 'chat-message over a socket, 60 tries')
  }

  private async cancel(choice: Choice): Promise<void> {
    const chat = this.chatFor(choice)
    const text = this.words({ ...choice, words: 40 })
    const answered = await this.client.ask(
      'POST',
      `/chat/${chat.id}/send`,
      { text },
      { 'idempotency-key': randomUUID(), prefer: 'respond-async' },
    )
    if (answered.status === 409) return this.journal.count('prompts answered 409')
    must(answered, 202)
    const prompt = this.acknowledged(chat, text, answered.body.promptId, answered.body.messageId)
    this.follow(prompt)
    await pause(choice.draw % 800)
    const { status, body } = await this.client.ask('POST', `/chat/${chat.id}/cancel`, undefined, {
      'idempotency-key': randomUUID(),
    })
    if (status !== 200) return this.journal.count(`cancels answered ${status}`)
    if (body.messageId !== prompt.replyId || body.status === 'pending')
      this.journal.violation('a cancel answers with its own reply', `${prompt.replyId}: ${JSON.stringify(body)}`)
  }

  private async rename(choice: Choice): Promise<void> {
    const chat = this.startedChat(choice)
    if (!chat) return
    const name = `name ${chat.renames + 1}`
    const answered = await this.client.command('PATCH', `/chat/${chat.id}/edit`, { name }, randomUUID())
    if (answered.status === 404) return
    must(answered, 200)
    chat.renames++
    const { status, headers, body } = await this.client.get(`/user/${this.id}/list-chats?limit=100`, this.after())
    if (status !== 200 || isBehind(headers, 'chats')) return
    const shown = body.chats.find(({ id }: { id: string }) => id === chat.id)?.name
    if (shown !== name)
      this.journal.violation('nothing is read back in time', `${chat.id} is called ${shown} after ${name}`)
  }

  private async giveFeedback(choice: Choice): Promise<void> {
    const prompt = this.ownPrompt(choice)
    if (!prompt) return
    const path = `/message/${prompt.replyId}/feedback`
    const type = choice.draw % 2 ? 'positive' : 'negative'
    const { status } = await this.client.command('POST', path, { type }, randomUUID())
    if (status === 200 && choice.draw % 3 === 0) await this.client.command('DELETE', path, undefined, randomUUID())
  }

  private async storeMessage(choice: Choice): Promise<void> {
    const chat = this.startedChat(choice)
    if (!chat) return
    const content = this.words(choice)
    const stored = await this.client.command(
      'POST',
      `/api/${chat.id}/messages`,
      { role: 'user', content },
      randomUUID(),
    )
    if (stored.status === 404) return
    must(stored, 201)
    const { id } = stored.body.data.message
    const seen = await this.client.get(`/api/${chat.id}/messages/${id}`, this.after())
    if (seen.status === 404 || (seen.status === 200 && seen.body.data.message.content !== content))
      this.journal.violation(
        'nothing is read back in time',
        `message ${id}: ${seen.status} ${JSON.stringify(seen.body)}`,
      )
  }

  private async readOwn(choice: Choice): Promise<void> {
    const chat = this.startedChat(choice)
    if (!chat) return
    const { status, body } = await this.client.get(`/chat/${chat.id}/messages?limit=100`, this.after())
    if (status !== 200) return
    for (const { text = '' } of body.messages as { text?: string }[])
      if (/person (\d+)/.exec(text)?.[1] !== String(this.number) && /person \d/.test(text))
        this.journal.violation('nobody reads the data of others', `${this.number} was shown ${text.slice(0, 60)}`)
  }

  private async readForeign(choice: Choice): Promise<void> {
    const others = this.town.journal.prompts.filter(({ owner }) => owner !== this.id)
    if (others.length === 0) return
    const { replyId, chatId } = others[choice.draw % others.length]!
    const paths = [
      `/chat/replies/${replyId}`,
      `/chat/replies/${replyId}/stream`,
      `/message/${replyId}/receipt`,
      `/api/chats/${chatId}`,
    ]
    for (const path of paths) {
      const { status } = await this.client.get(path)
      this.journal.count('reads of what belongs to others')
      if (status !== 404) this.journal.violation('nobody reads the data of others', `${path}: ${status}`)
    }
  }

  private async deleteChat(choice: Choice): Promise<void> {
    const chat = this.startedChat(choice, 1)
    if (!chat) return
    chat.isDeleted = true
    const query = choice.draw % 2 ? '?erase=true' : ''
    must(await this.client.command('DELETE', `/chat/${chat.id}${query}`, undefined, randomUUID()), 204, 404)
    const { status, headers } = await this.client.get(`/chat/${chat.id}/messages`, this.after())
    if (status === 200 && !isBehind(headers, 'messages', 'chats'))
      this.journal.violation('nothing is read back in time', `${chat.id} is there after its deletion`)
  }

  private acknowledged(chat: Chat, text: string, promptId: string, replyId: string): SentPrompt {
    const prompt = { owner: this.id, chatId: chat.id, text, promptId, replyId }
    this.journal.prompts.push(prompt)
    return prompt
  }

  private read(prompt: SentPrompt, { text, ended }: Reader): void {
    const { event, data } = ended!
    const status = event === 'done' ? 'completed' : (event as 'failed' | 'cancelled')
    prompt.told = { status, ...(status !== 'failed' && { text }) }
    if (status !== 'failed' && data.text !== text)
      this.journal.violation('a stream equals its reply', `${prompt.replyId}: ${JSON.stringify([text, data.text])}`)
  }

  /** What has ended is read as ended, at the next process. */
  private async expectReadable(
    chat: Chat,
    prompt: SentPrompt,
    ended: string,
    position = this.client.lastPosition,
  ): Promise<void> {
    const headers = { 'min-log-position': String(Math.max(position, 1)) }
    const { status, headers: told, body } = await this.client.get(`/chat/replies/${prompt.replyId}`, headers)
    if (isBehind(told, 'messages') || chat.isDeleted) return
    if (status !== 200 || body.status !== ended)
      this.journal.violation(
        'nothing is read back in time',
        `${prompt.replyId} had ended ${ended}: ${status} ${JSON.stringify(body)}`,
      )
  }

  private after(): Record<string, string> {
    return this.client.lastPosition > 0 ? { 'min-log-position': String(this.client.lastPosition) } : {}
  }

  /** Any own chat, or a new one. */
  private chatFor({ draw }: Choice): Chat {
    const open = this.chats.filter(({ isDeleted }) => !isDeleted)
    const chat = draw % 4 === 0 || open.length === 1 ? newChat() : open[draw % open.length]!
    if (!this.chats.includes(chat)) this.chats.push(chat)
    return chat
  }

  private startedChat({ draw }: Choice, from = 0): Chat | undefined {
    const started = new Set(this.ownPrompts.map(({ chatId }) => chatId))
    const open = this.chats.slice(from).filter(({ id, isDeleted }) => !isDeleted && started.has(id))
    return open[draw % open.length]
  }

  /** Answered prompts in chats that are there. */
  get provable(): SentPrompt[] {
    const kept = new Set(this.chats.filter(({ isDeleted }) => !isDeleted).map(({ id }) => id))
    return this.ownPrompts.filter(({ chatId, told }) => kept.has(chatId) && told?.status === 'completed')
  }

  private ownPrompt({ draw }: Choice): SentPrompt | undefined {
    const { provable } = this
    return provable[draw % provable.length]
  }

  private get ownPrompts(): SentPrompt[] {
    return this.journal.prompts.filter(({ owner }) => owner === this.id)
  }

  /** Every text of a run is another one, and names its author. */
  private words({ words, draw }: Choice): string {
    const filling = Array.from({ length: words }, (_, i) => ['und so', 'weiter', 'ä𝄞ö', '…'][(draw + i) % 4])
    return `person ${this.number} prompt ${++this.prompts} ${filling.join(' ')}`
  }
}

const newChat = (id: string = randomUUID()): Chat => ({ id, renames: 0, isDeleted: false })

const isBehind = (headers: Headers, ...models: string[]) =>
  models.some((model) => headers.get('read-models-behind')?.split(', ').includes(model))
