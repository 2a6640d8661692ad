import { readFileSync } from 'node:fs'
import { problemTexts } from '../../../src/http/problem-texts.js'
import { makeProblem, problemCodes, statusOfCode } from '../../../src/http/problems.js'

/** docs/errors.md lists every code, as src/http/problem-texts.ts explains it to /docs. */
describe('docs/errors.md', () => {
  it('lists every code with its status, its cause and its cure', () => {
    const rows = readFileSync('docs/errors.md', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    const expected = ([...problemCodes, 'internal'] as const).map((code) => {
      const { cause, cure } = problemTexts[code]
      return `| \`${code}\` | ${statusOfCode(code)} | ${cause} | ${cure} |`
    })
    expect(rows).toEqual(expected)
  })
})

describe('a problem', () => {
  it('has the same name as type and as code', () => {
    for (const code of [...problemCodes, 'internal'] as const) {
      const problem = makeProblem(code, 'detail')
      expect(problem.type).toBe(`urn:verbatim:problem:${problem.code}`)
    }
    const exact = makeProblem('reply_failed', 'detail', { code: 'provider_timeout' })
    expect(exact).toMatchObject({
      type: 'urn:verbatim:problem:provider_timeout',
      code: 'provider_timeout',
      status: 502,
    })
  })
})
