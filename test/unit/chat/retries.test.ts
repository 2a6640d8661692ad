import { backoff, pauseBeforeRetry } from '../../../src/chat/replies/worker/retries.js'
import { ProviderError } from '../../../src/llm/provider-error.js'

const minute = 60_000
const rules = { attempts: 3, backoffMs: 1_000, retryForMs: 10 * minute }
const asking = (retryAfterMs: number) => new ProviderError('provider_rate_limited', 'Slow down.', { retryAfterMs })
const away = new ProviderError('provider_unavailable', 'It is away.')

describe('the pause before an attempt', () => {
  it.each([
    [1, 750, 1_250],
    [2, 1_500, 2_500],
    [5, 12_000, 20_000],
    [40, minute, minute],
    [2_000, minute, minute],
  ])('after number %d is from %d to %d ms', (attempt, least, most) => {
    for (let i = 0; i < 50; i++) {
      const ms = backoff(rules, attempt)
      expect(ms).toBeGreaterThanOrEqual(least)
      expect(ms).toBeLessThanOrEqual(most)
    }
  })

  it('is as long as the provider asks for', () => {
    expect(pauseBeforeRetry(rules, { attempt: 1, ageMs: 0, error: asking(30_000) })).toBe(30_000)
    expect(pauseBeforeRetry(rules, { attempt: 9, ageMs: minute, error: asking(9 * minute) })).toBe(9 * minute)
  })

  it('is at most a minute when the provider asks for more than the reply has', () => {
    const untilLater = { ...rules, retryForMs: 0 }
    expect(pauseBeforeRetry(untilLater, { attempt: 2, ageMs: 0, error: asking(5 * minute) })).toBe(minute)
  })
})

describe('a reply is tried again', () => {
  const isTriedAgain = (attempt: number, ageMs: number, error = away, retryForMs = rules.retryForMs) =>
    pauseBeforeRetry({ ...rules, retryForMs }, { attempt, ageMs, error }) !== undefined

  it('as often as it has attempts, however old it is', () => {
    expect(isTriedAgain(2, 60 * minute)).toBe(true)
    expect(isTriedAgain(3, 60 * minute)).toBe(false)
  })

  it('for as long as it has time, however often', () => {
    expect(isTriedAgain(100, 8 * minute)).toBe(true)
    expect(isTriedAgain(100, 9 * minute + 1)).toBe(false)
  })

  it('not when the provider wants to be left alone for longer', () => {
    expect(isTriedAgain(3, minute, asking(9 * minute + 1))).toBe(false)
    expect(isTriedAgain(3, minute, asking(9 * minute))).toBe(true)
  })

  it('not beyond its attempts when it has no time of its own', () => {
    expect(isTriedAgain(2, 0, away, 0)).toBe(true)
    expect(isTriedAgain(3, 0, away, 0)).toBe(false)
  })
})
