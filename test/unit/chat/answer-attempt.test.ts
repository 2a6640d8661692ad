import { Registry } from 'prom-client'
import type { ChatEvent } from '../../../src/chat/chat.js'
import { Chats } from '../../../src/chat/chats.js'
import type { ModelSettings } from '../../../src/chat/message.js'
import { AnswerAttempt, emptyOutput } from '../../../src/chat/replies/worker/answer-attempt.js'
import { Bus } from '../../../src/commands/bus.js'
import { Cause } from '../../../src/commands/cause.js'
import { loadTokenizer } from '../../../src/llm/tokens.js'
import { AddPrompt } from '../../../src/projects/commands/add-prompt.js'
import { CreateProject } from '../../../src/projects/commands/create-project.js'
import { ChatDeployment, type ChatProcess, newPrompt } from '../../support/chat/chat-process.js'
import type { Fault } from '../../support/llm/model-script.js'
import { traced } from '../../support/telemetry/finished-spans.js'

let deployment: ChatDeployment
let here: ChatProcess
beforeAll(async () => {
  deployment = await ChatDeployment.begin({ PROMPT_CACHE_SECONDS: '60' })
  here = await deployment.start(['projector'])
})
afterAll(() => deployment?.end())
beforeEach(() => deployment.model.answerWith('One two three'))

const never = new AbortController().signal
const requests = () => deployment.model.requests
const sentToModel = () => requests().at(-1)!.body as { messages: { role: string; content: string }[] }
let questions = 0

/** One attempt at a prompt that nobody has asked before. */
async function attempt({
  model = 'openai/gpt-4o-mini',
  settings = {},
  projectId,
  text = `Question ${++questions}`,
  at = here,
}: { model?: string; settings?: ModelSettings; projectId?: string; text?: string; at?: ChatProcess } = {}) {
  const { started, sent, chat } = newPrompt(model)
  const data = { ...sent.data, settings, ...(projectId !== undefined && { projectId }) }
  await here.append(started, { ...sent, data, personal: { text } })
  const { open } = await here.get(Chats).state(chat.chatId)
  const output = emptyOutput('a1')
  const answered = at.get(AnswerAttempt).answer(chat, open!, output, { signal: never, isAwaited: false })
  return { output, text, answered: answered.then(() => output) }
}
const answerOf = async (options: Parameters<typeof attempt>[0] = {}) => await (await attempt(options)).answered
const failWith = (fault: Fault, times?: number) => deployment.model.failNext(fault, times)
const tooLong: Fault = { fault: 'status', at: 400, body: { error: { code: 'context_length_exceeded' } } }

describe('an attempt', () => {
  it('begins with nothing, under a name of its own', () => {
    const tokens = { prompt: 0, completion: 0, total: 0, by: 'tokenizer' }
    const nothing = { attempt: expect.any(String), text: '', finish: 'stop', tokens, isInRedis: false }
    expect(emptyOutput('a1')).toEqual({ ...nothing, attempt: 'a1' })
  })

  it('has the answer, how it ended, and its tokens as the model counts them', async () => {
    expect(await answerOf()).toMatchObject({
      text: 'One two three',
      finish: 'stop',
      tokens: { prompt: 2, completion: 3, total: 5, by: 'provider' },
      isInRedis: false,
    })
  })

  it('has its tokens as we count them when the model does not', async () => {
    deployment.model.failNext('no_usage')
    const one = await attempt()
    const { countTokens, countMessages } = await loadTokenizer()
    const prompt = countMessages([{ role: 'user', content: one.text }])
    const completion = countTokens('One two three')
    expect((await one.answered).tokens).toEqual({ prompt, completion, total: prompt + completion, by: 'tokenizer' })
  })

  it('has what was written until it failed, and its tokens', async () => {
    failWith({ fault: 'drop', at: 2 })
    const one = await attempt()
    await expect(one.answered).rejects.toMatchObject({ code: 'provider_unavailable' })
    expect(one.output).toMatchObject({ text: 'One two', tokens: { by: 'tokenizer' } })
    expect(one.output.tokens.completion).toBeGreaterThan(0)
  })

  it.each([
    ['says nothing more', { STREAM_IDLE_MS: '100' }, 'provider_stalled'],
    ['does not come to an end', { REPLY_TIMEOUT_MS: '100' }, 'provider_timeout'],
  ])('fails when the model %s', async (_, environment, code) => {
    const at = await deployment.start(['none'], environment)
    failWith({ fault: 'stall', at: 1 })
    await expect(answerOf({ at })).rejects.toMatchObject({ code })
    await at.close()
  })

  it('ends where an answer is too long for a reader', async () => {
    deployment.model.answerWith(['x'.repeat(999_999), 'y', 'z'])
    deployment.stallNext(2)
    const { text, finish, tokens } = await answerOf()
    expect([text.length, text.at(-1), finish, tokens.by]).toEqual([1_000_000, 'y', 'length', 'tokenizer'])
  })
})

describe('what the model is asked', () => {
  it('has the project’s prompts before the chat’s own, and the settings', async () => {
    const bus = here.get(Bus)
    const texts = { name: 'Log', description: '' }
    const { projectId } = await bus.command(new CreateProject(Cause.by('ann'), 'ann', texts, {}))
    await bus.command(new AddPrompt(Cause.by('ann'), { projectId, ownerId: 'ann' }, 'system', 'Be brief'))
    const one = await attempt({ projectId, settings: { temperature: 0.5, maxTokens: 2 } })
    expect((await one.answered).text).toBe('One two')
    expect(one.output.finish).toBe('length')
    expect(sentToModel()).toMatchObject({
      temperature: 0.5,
      messages: [
        { role: 'system', content: 'Be brief' },
        { role: 'user', content: one.text },
      ],
    })
  })

  it('is once more, with half as much of the chat, when the model finds that too long', async () => {
    const { started, sent, chat, reply } = newPrompt('openai/meta/llama-3:8b')
    const messages = Array.from({ length: 6 }, (_, n): ChatEvent => ({
      type: 'MessageStored',
      data: { ...chat, messageId: `${reply.replyId}-${n}`, role: 'user' },
      personal: { content: `${n} ${'word '.repeat(800)}` },
    }))
    await here.append(started, ...messages, sent)
    const { open } = await here.get(Chats).state(chat.chatId)
    deployment.model.failNext(tooLong)
    const before = requests().length
    const output = emptyOutput('a1')
    await here.get(AnswerAttempt).answer(chat, open!, output, { signal: never, isAwaited: false })
    const [first, second, ...more] = requests().slice(before) as { body: { messages: object[] } }[]
    expect(more).toEqual([])
    expect(first!.body.messages).toHaveLength(7)
    expect(second!.body.messages.length).toBeLessThan(5)
    expect(output.text).toBe('One two three')
  })

  it('is not asked again when that is too long, too', async () => {
    const before = requests().length
    failWith(tooLong, 2)
    await expect(answerOf()).rejects.toMatchObject({ code: 'context_too_long' })
    expect(requests().length).toBe(before + 2)
  })

  it('is not asked again after any other failure', async () => {
    const before = requests().length
    failWith({ fault: 'status', at: 503, body: { error: {} } })
    await expect(answerOf()).rejects.toMatchObject({ code: 'provider_unavailable' })
    expect(requests().length).toBe(before + 1)
  })
})

describe('an answer that may be given again', () => {
  const text = () => `The same question ${++questions}`

  it('is a complete one', async () => {
    const asked = text()
    await answerOf({ text: asked })
    const before = requests().length
    expect(await answerOf({ text: asked })).toMatchObject({ text: 'One two three', cached: true })
    expect(requests().length).toBe(before)
  })

  it('is none that was cut', async () => {
    const asked = text()
    deployment.model.failNext({ fault: 'length', at: 2 })
    expect(await answerOf({ text: asked })).toMatchObject({ text: 'One two', finish: 'length' })
    const again = await answerOf({ text: asked })
    expect(again).toMatchObject({ text: 'One two three' })
    expect(again).not.toHaveProperty('cached')
  })
})

describe('a call of a model', () => {
  const spans = traced()

  it('is traced and measured', async () => {
    await answerOf()
    const call = spans().find(({ name }) => name.startsWith('chat '))!
    expect(call.attributes).toMatchObject({
      'gen_ai.response.model': 'gpt-4o-mini',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': 2,
      'gen_ai.usage.output_tokens': 3,
    })
    expect(call.events.map(({ name }) => name)).toEqual(['first token'])
    expect(await here.get(Registry).metrics()).toMatch(/verbatim_model_first_token_seconds_count\{.*\} [1-9]/)
  })
})
