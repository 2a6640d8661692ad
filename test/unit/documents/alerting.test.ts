import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const [rules, routes] = ['alerts', 'alertmanager'].map((name) => `deploy/prometheus/${name}.yml`) as [string, string]
const text = readFileSync(routes, 'utf8')
const found = (pattern: RegExp, where: string) => [...where.matchAll(pattern)].map(([, one]) => one!)
const isThere = (program: string) => spawnSync(program, ['--version']).error === undefined

describe('the example for Alertmanager', () => {
  it('names alerts and severities that there are, and a receiver for each severity', () => {
    const alerts = new Set(found(/- alert: (\w+)/g, readFileSync(rules, 'utf8')))
    const named = found(/\b(Verbatim\w+)/g, text)
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((name) => !alerts.has(name))).toEqual([])
    const severities = new Set(found(/severity: (\w+)/g, readFileSync(rules, 'utf8')))
    expect(new Set(found(/severity = (\w+)/g, text))).toEqual(severities)
    expect(new Set(found(/receiver: ([\w-]+)/g, text))).toEqual(new Set(found(/- name: ([\w-]+)/g, text)))
  })

  // Prometheus's own tools (Debian: prometheus, prometheus-alertmanager), where the machine has them.
  for (const [program, args] of [
    ['promtool', ['check', 'rules', rules]],
    ['amtool', ['check-config', routes]],
  ] as const) {
    const run = isThere(program) ? it : it.skip
    run(
      `parses, and so do the rules: ${program} says so${isThere(program) ? '' : ' (it is not installed here)'}`,
      () => {
        const { status, stdout, stderr } = spawnSync(program, [...args], { encoding: 'utf8' })
        expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, ''])
      },
    )
  }
})
