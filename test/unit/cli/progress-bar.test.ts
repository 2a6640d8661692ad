import { ProgressBar, progressLine } from '../../../src/cli/progress-bar.js'

describe('progress', () => {
  it.each([
    [{ done: 0, total: 100, ms: 0 }, 'keys ░░░░░░░░░░░░░░░░░░░░░░░░ 0 of 100, 0 %, 0/s'],
    [{ done: 25, total: 100, ms: 5_000 }, 'keys ██████░░░░░░░░░░░░░░░░░░ 25 of 100, 25 %, 5/s, 15 s left'],
    [
      { done: 1_000, total: 1_000_000, ms: 2_000 },
      'keys ░░░░░░░░░░░░░░░░░░░░░░░░ 1,000 of 1,000,000, 0 %, 500/s, 33 min 18 s left',
    ],
    [{ done: 1, total: 20_000, ms: 1_000 }, 'keys ░░░░░░░░░░░░░░░░░░░░░░░░ 1 of 20,000, 0 %, 1/s, 5 h 33 min left'],
    [{ done: 3, total: 3, ms: 2_000 }, 'keys ████████████████████████ 3 of 3, 100 %, 1.5/s'],
    [{ done: 0, total: 0, ms: 10 }, 'keys ████████████████████████ 0 of 0, 100 %, 0/s'],
  ])('%j', (state, line) => expect(progressLine('keys', state)).toBe(line))

  const shown = (isTTY: boolean, work: (bar: ProgressBar) => void) => {
    let text = ''
    const bar = new ProgressBar('keys', { isTTY, write: (part) => (text += part) })
    work(bar)
    bar.end()
    return text
  }
  const tenSteps = (bar: ProgressBar) => {
    for (let done = 1; done <= 10; done++) bar.update(done, 10)
  }

  it('is one line on a terminal, drawn anew', () => {
    const text = shown(true, tenSteps)
    expect(text.split('\n')).toHaveLength(2)
    expect(text.split('\r').at(-1)).toContain('10 of 10')
  })
  it('is one line in a file when it was quick', () => expect(shown(false, tenSteps)).toMatch(/^keys █+ 10 of 10.*\n$/))
  it('is nothing when there was nothing to do', () =>
    expect([shown(true, () => {}), shown(false, () => {})]).toEqual(['', '']))
})
