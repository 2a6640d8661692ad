import { Gauge, Registry } from 'prom-client'
import { MetricsExposition } from '../../../src/ops/metrics/metrics-exposition.js'

const registry = new Registry()
const gauge = new Gauge({ name: 'lookups', help: 'How often this was looked up', registers: [registry] })
new Gauge({ name: 'other', help: 'Another one', registers: [registry] }).set(7)

let lookups = 0
const group = {
  part: 'test',
  gauges: [gauge],
  read: async () => ++lookups,
  set: (value: number) => gauge.set(value),
}
const exposition = new MetricsExposition(registry, [group])
const scrape = async () => (await exposition.text()).toString()

test('scrapes at the same time share one text', async () => {
  const texts = await Promise.all(Array.from({ length: 20 }, scrape))
  expect(new Set(texts).size).toBe(1)
  expect(texts[0]).toMatch(/^lookups 1$/m)
  expect(lookups).toBe(1)
})

test('a scrape after them looks again', async () => {
  expect(await scrape()).toMatch(/^lookups 2$/m)
})

test('the text is that of the registry, metric by metric', async () => {
  const names = (text: string) => text.match(/^# TYPE .*$/gm)
  const text = await scrape()
  expect(text).toContain('# HELP other Another one\n# TYPE other gauge\nother 7\n\n')
  expect(names(text)).toEqual(names(await registry.metrics()))
  expect(text.endsWith('\n')).toBe(true)
})
