import { type ContextFile, fitFiles, givenAgain } from '../../../src/llm/context-files.js'
import { seesImages } from '../../../src/llm/sight.js'
import { fitContext } from '../../../src/llm/context.js'

const file = (fileId: string, text: string | undefined): ContextFile => ({
  fileId,
  filename: `${fileId}.txt`,
  type: 'text/plain',
  text: async () => text,
  bytes: async () => undefined,
})
const image = (fileId: string, size: number): ContextFile => ({
  ...file(fileId, undefined),
  type: 'image/png',
  bytes: async (most) => (size <= most ? new Uint8Array(size) : undefined),
})
const long = 'word '.repeat(20_000)
const partsOf = async (files: ContextFile[], budget: number, sees = true) =>
  (await fitFiles(files, budget, sees)).given.map(({ fileId, as, to, of }) => [fileId, as, to === of])

describe('what a model is given of files', () => {
  it('is all of them when they fit, in their order, each with its name', async () => {
    const { messages, given, tokens } = await fitFiles([file('b', 'B'), file('a', 'A')], 1_000, false)
    expect(messages.map(({ role, content }) => [role, content.split('\n\n')])).toEqual([
      ['system', [expect.stringContaining('"b.txt" (text/plain), all of it'), 'B']],
      ['system', [expect.stringContaining('"a.txt"'), 'A']],
    ])
    expect(given[0]).toEqual({ fileId: 'b', as: 'text', from: 0, to: 1, of: 1 })
    expect(tokens).toBeLessThan(100)
  })

  it('is the beginning of a long one, and a share for those after it', async () => {
    const { given, tokens } = await fitFiles([file('a', long), file('b', 'short'), file('c', long)], 6_000, false)
    expect(given.map(({ fileId }) => fileId)).toEqual(['a', 'b', 'c'])
    expect(given[0]!.to).toBeGreaterThan(4_000)
    expect(given[2]!.to).toBeGreaterThan(given[0]!.to) // what the short one did not need
    expect(tokens).toBeLessThanOrEqual(6_000)
  })

  it('is nothing of files without text, and nothing without a budget', async () => {
    expect(await partsOf([file('a', undefined), file('b', ''), file('c', 'x')], 1_000)).toEqual([['c', 'text', true]])
    expect(await partsOf([file('c', 'x')], 0)).toEqual([])
  })

  it('cuts no character in two', async () => {
    const emoji = `x${'😀'.repeat(5_000)}`
    const { messages } = await fitFiles([file('a', emoji)], 3_000, false)
    expect(messages[0]!.content.isWellFormed()).toBe(true)
  })

  it('is images, too, if it sees: those that are not too large together', async () => {
    const files = [image('a', 3_000_000), image('b', 3_000_000), image('c', 1_000_000)]
    expect(await partsOf(files, 10_000)).toEqual([
      ['a', 'image', true],
      ['c', 'image', true],
    ])
    expect(await partsOf(files, 10_000, false)).toEqual([])
    expect(
      await partsOf(
        Array.from({ length: 20 }, (_, i) => image(`${i}`, 1)),
        100_000,
      ),
    ).toHaveLength(8)
  })

  it('can be put together again from what was recorded, except of files that are gone', async () => {
    const files = [file('a', long), file('b', 'short')]
    const { given, messages } = await fitFiles(files, 2_000, false)
    expect((await givenAgain(files, given)).messages).toEqual(messages)
    expect(await givenAgain([files[1]!], given)).toMatchObject({ given, messages: [messages[1]] })
  })

  it('comes before the conversation, in half of what the newest message leaves; images go with that message', async () => {
    async function* history() {
      yield { role: 'user' as const, content: 'now' }
      yield { role: 'user' as const, content: 'before' }
    }
    const files = [file('a', long), image('b', 5)]
    const { messages, promptTokens } = await fitContext({
      system: [{ role: 'system', content: 'Be brief.' }],
      history: history(),
      budgetTokens: 8_000,
      files: (budget) => fitFiles(files, budget, true),
    })
    expect(messages.map(({ content }) => content.slice(0, 9))).toEqual(['Be brief.', 'A file of', 'before', 'now'])
    expect(messages.at(-1)!.images).toEqual([{ type: 'image/png', base64: 'AAAAAAA=' }])
    expect(promptTokens).toBeLessThanOrEqual(4_100)
  })
})

describe('a model that sees', () => {
  it.each([
    'gpt-4o-mini',
    'gpt-5',
    'o3',
    'claude-3-haiku',
    'anthropic/claude-sonnet-4',
    'llava:13b',
    'llama3.2-vision',
    'qwen2.5vl',
  ])('is %s', (name) => expect(seesImages(name)).toBe(true))
  it.each(['gpt-3.5-turbo', 'gpt-4', 'o1-mini', 'o3-mini', 'llama3', 'echo', 'mistral'])('is not %s', (name) =>
    expect(seesImages(name)).toBe(false),
  )
})
