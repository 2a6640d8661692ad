import type { RequestedCall } from './provider.js'

/** A piece of a call, as OpenAI's API streams it. Compatible servers leave out what they like. */
export interface CallDelta {
  index?: number
  id?: string | null
  function?: { name?: string | null; arguments?: string | null }
}

const mostCalls = 128
/** Of all calls of one answer. */
const longestArguments = 1_000_000

/** The calls of one answer, put together from their pieces. A piece without an index belongs to the latest call, unless it names another one. */
export class JoinedCalls {
  private readonly byIndex = new Map<number, RequestedCall>()
  private length = 0

  /** False when they are more than any answer may have. */
  add(deltas: readonly CallDelta[] | null = []): boolean {
    for (const { index, function: { name, arguments: more } = {} } of deltas ?? []) {
      const at = index ?? (name ? this.byIndex.size : this.byIndex.size - 1)
      const call = this.byIndex.get(at) ?? { name: '', arguments: '' }
      call.name += name ?? ''
      call.arguments += more ?? ''
      this.length += (name ?? '').length + (more ?? '').length
      this.byIndex.set(at, call)
    }
    return this.byIndex.size <= mostCalls && this.length <= longestArguments
  }

  /** Those that have a name. */
  get all(): RequestedCall[] {
    return [...this.byIndex.values()].filter(({ name }) => name !== '').map(wellFormed)
  }
}

const wellFormed = ({ name, arguments: args }: RequestedCall): RequestedCall => ({
  name: name.toWellFormed(),
  arguments: args.toWellFormed(),
})
