import { titleFromPrompt } from '../../../src/chat/chat-title.js'

const sixty = `${'word '.repeat(11)}words` // of exactly sixty letters

describe('the title of a chat that begins with a prompt', () => {
  it.each([
    ['the prompt itself', 'What is an event?', 'What is an event?'],
    ['in one line', '  What\n\n is\tan   event? ', 'What is an event?'],
    ['a stand-in for nothing', ' \n ', 'New chat'],
    ['the prompt up to sixty letters', sixty, sixty],
    ['cut between words', `${sixty} more`, `${'word '.repeat(10)}word …`],
    ['cut between words, not inside one', `${sixty}x`, `${'word '.repeat(10)}word …`],
    ['cut inside a word that is too long', 'x'.repeat(61), `${'x'.repeat(60)} …`],
    ['never half a character', `${'x'.repeat(59)}😀x`, `${'x'.repeat(59)} …`],
    ['a whole character at the end', `${'x'.repeat(58)}😀x`, `${'x'.repeat(58)}😀 …`],
  ])('is %s', (_, prompt, title) => {
    expect(titleFromPrompt(prompt)).toBe(title)
  })
})
