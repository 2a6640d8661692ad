import { randomUUID } from 'node:crypto'
import { following, type Reader } from '../../support/chat/reader.js'
import type { Follower } from '../../support/realtime/follower.js'
import type { Choice } from './choices.js'
import type { Journal, SentPrompt } from './journal.js'
import { isBehind, type PatientClient } from './patient-client.js'
import { readToTheEnd } from './reading.js'

/** What all persons of a run share. */
export interface Town {
  readonly seed: number
  readonly journal: Journal
  readonly people: Person[]
  /** A stranger: a client without an account. */
  readonly stranger: () => PatientClient
  isOver: boolean
}

export interface Chat {
  id: string
  /** Of the newest rename that was acknowledged. */
  renames: number
  isDeleted: boolean
}

/** One account, with its chats and what it has asked in them. */
export class Person {
  /** The first one is followed by a socket, and never deleted. */
  readonly chats: Chat[]
  /** Readers that go on while the person does something else. */
  readonly reading: Promise<unknown>[] = []
  private prompts = 0

  constructor(
    readonly number: number,
    readonly client: PatientClient,
    readonly town: Town,
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

  get journal(): Journal {
    return this.town.journal
  }

  /** Goes on in the background. */
  follow(prompt: SentPrompt): void {
    const reading = readToTheEnd(this.client, following(prompt.replyId), this.journal).then(
      (reader) => reader && this.read(prompt, reader),
    )
    this.reading.push(reading)
  }

  acknowledged(chat: Chat, text: string, promptId: string, replyId: string): SentPrompt {
    const prompt = { owner: this.id, chatId: chat.id, text, promptId, replyId }
    this.journal.prompts.push(prompt)
    return prompt
  }

  read(prompt: SentPrompt, { text, ended }: Reader): void {
    const { event, data } = ended!
    const status = event === 'done' ? 'completed' : (event as 'failed' | 'cancelled')
    prompt.told = { status, ...(status !== 'failed' && { text }) }
    if (status !== 'failed' && data.text !== text)
      this.journal.violation('a stream equals its reply', `${prompt.replyId}: ${JSON.stringify([text, data.text])}`)
  }

  /** What has ended is read as ended, at the next process. */
  async expectReadable(
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

  after(): Record<string, string> {
    return this.client.lastPosition > 0 ? { 'min-log-position': String(this.client.lastPosition) } : {}
  }

  /** Any own chat, or a new one. */
  chatFor({ draw }: Choice): Chat {
    const open = this.chats.filter(({ isDeleted }) => !isDeleted)
    const chat = draw % 4 === 0 || open.length === 1 ? newChat() : open[draw % open.length]!
    if (!this.chats.includes(chat)) this.chats.push(chat)
    return chat
  }

  startedChat({ draw }: Choice, from = 0): Chat | undefined {
    const started = new Set(this.ownPrompts.map(({ chatId }) => chatId))
    const open = this.chats.slice(from).filter(({ id, isDeleted }) => !isDeleted && started.has(id))
    return open[draw % open.length]
  }

  /** Answered prompts in chats that are there. */
  get provable(): SentPrompt[] {
    const kept = new Set(this.chats.filter(({ isDeleted }) => !isDeleted).map(({ id }) => id))
    return this.ownPrompts.filter(({ chatId, told }) => kept.has(chatId) && told?.status === 'completed')
  }

  ownPrompt({ draw }: Choice): SentPrompt | undefined {
    const { provable } = this
    return provable[draw % provable.length]
  }

  private get ownPrompts(): SentPrompt[] {
    return this.journal.prompts.filter(({ owner }) => owner === this.id)
  }

  /** Every text of a run is another one, and names its author. */
  words({ words, draw }: Choice): string {
    const filling = Array.from({ length: words }, (_, i) => ['und so', 'weiter', 'ä𝄞ö', '…'][(draw + i) % 4])
    return `person ${this.number} prompt ${++this.prompts} ${filling.join(' ')}`
  }
}

const newChat = (id: string = randomUUID()): Chat => ({ id, renames: 0, isDeleted: false })
