import type { ServiceProcess } from '../service-process.js'

/** In every word that tests say to the service and that it is to keep to itself. */
export const canary = 'CANARY'

/** Random ids are full of letters: what begins in the middle of one is none of these. */
const secrets = {
  'what somebody said': new RegExp(canary, 'i'),
  'an email address': /[\w.+-]+@example\.(org|com)/i,
  'a password': /a long secret|an even longer secret|not my secret/,
  'a token': /(?<![\w-])eyJ[\w-]{10,}/,
  'an API key': /(?<![\w-])vb_[\w-]{20,}/,
}

/** A log tells who did what, never what was said, nor anything that lets somebody in. */
export function expectDiscretion(services: readonly Pick<ServiceProcess, 'output'>[]): void {
  for (const { output } of services) {
    for (const [what, pattern] of Object.entries(secrets)) {
      const found = pattern.exec(output)
      if (found)
        throw new Error(`the log has ${what}: ${output.slice(Math.max(0, found.index - 300), found.index + 300)}`)
    }
  }
}
