import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { audit } from '../../../src/audit/cli/audit-program.js'
import { parseCommandLine } from '../../../src/cli/command-line.js'
import { ops } from '../../../src/ops/cli/ops-program.js'

const text = readFileSync('docs/operations.md', 'utf8')

const found = (pattern: RegExp, where = text) => [...where.matchAll(pattern)].map(([, one]) => one!)

describe('docs/operations.md', () => {
  it('has a row for every alert, and for no other', () => {
    const alerts = found(/- alert: (\w+)/g, readFileSync('deploy/prometheus/alerts.yml', 'utf8'))
    expect(alerts.length).toBeGreaterThan(5)
    expect(found(/^\| (Verbatim\w+) \|/gm).sort()).toEqual(alerts.sort())
  })

  it('names commands that there are', () => {
    const typed = found(/^ *(?:[A-Z_]+=\S+ )*npm run ((?:ops|audit) -- .+)$/gm)
    expect(typed.length).toBeGreaterThan(10)
    for (const line of typed) {
      const [program, , ...words] = line.split(/\s+/)
      expect(() => parseCommandLine(program === 'ops' ? ops : audit, words)).not.toThrow()
    }
  })

  it('names variables that there are', () => {
    const known = parseEnv(readFileSync('.env.example', 'utf8'))
    const named = found(/`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`/g)
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => !(name in known))).toEqual([])
  })

  it('leads to documents that there are', () => {
    const links = found(/\]\((?!https?:)([^)#]+)\)/g)
    expect(links.length).toBeGreaterThan(3)
    expect(links.filter((link) => !existsSync(join('docs', link)))).toEqual([])
  })
})
