import { parseArgs } from 'node:util'
import { fight } from './fight.js'
import { kinds } from './faults/kinds.js'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    minutes: { type: 'string', default: '5' },
    /** Only kinds whose name has this in it. */
    only: { type: 'string', default: '' },
  },
})
const [seed, minutes] = [Number(values.seed), Number(values.minutes)]
const chosen = kinds.filter(({ name }) => name.includes(values.only))
if (!Number.isInteger(seed) || !(minutes > 0) || chosen.length === 0) {
  console.error(
    `--seed takes a whole number, --minutes a positive one, --only a part of one of: ${kinds.map(({ name }) => name).join(', ')}`,
  )
  process.exit(2)
}
process.exit((await fight({ seed, minutes, kinds: chosen })) ? 0 : 1)
