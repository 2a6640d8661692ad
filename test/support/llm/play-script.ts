import type { ServerResponse } from 'node:http'
import { pause } from '../../../src/event-store/timing.js'
import type { Play } from './model-script.js'

export interface Ending {
  reason: 'stop' | 'length' | 'filtered' | 'unsaid'
  /** Chunks sent; undefined when the model doesn't count. */
  counted?: number
}

/** How a protocol says things, each as one piece of text on the wire. */
export interface Wire {
  contentType: string
  begin?: string
  text: (text: string) => string
  thought: (text: string) => string
  refusal?: (text: string) => string
  error: string
  malformed: string
  end: (ending: Ending) => string
}

/** Streams an answer, with its fault. An answer of more than `most` chunks ends there for its length. */
export async function playScript(
  { chunks, fault }: Play,
  wire: Wire,
  response: ServerResponse,
  most = Infinity,
): Promise<void> {
  const is = (...names: string[]) => fault !== undefined && names.includes(fault.fault)
  const at = fault?.at ?? Infinity
  const write = writer(response, is('pieces') ? at : Infinity)
  const breaksOff = is('stall', 'drop', 'cut', 'malformed', 'error_inside')
  const saying = chunks.slice(0, Math.min(most, breaksOff || is('length', 'filter') ? at : Infinity))

  const left = new AbortController()
  response.once('close', () => left.abort())
  response.writeHead(200, { 'content-type': wire.contentType })
  response.flushHeaders()
  if (wire.begin) await write(wire.begin)
  if (is('think')) for (let i = 0; i < at; i++) await write(wire.thought('hm '))
  for (const chunk of saying) {
    if (response.destroyed) return
    if (is('slow')) await pause(at, left.signal)
    await write(is('refusal') ? wire.refusal!(chunk) : wire.text(chunk))
  }
  if (is('drop')) {
    await fault?.until
    response.socket?.destroy()
  }
  if (is('malformed')) await write(wire.malformed)
  if (is('error_inside')) await write(wire.error)
  if (is('stall')) {
    await (fault?.until ?? new Promise((resolve) => response.on('close', resolve)))
    for (const chunk of chunks.slice(saying.length, most)) await write(wire.text(chunk))
  }
  if (!breaksOff || is('stall')) {
    const cutOff = is('length') || chunks.length > most
    const reason = is('filter') ? 'filtered' : is('no_finish') ? 'unsaid' : cutOff ? 'length' : 'stop'
    await write(wire.end({ reason, counted: is('no_usage') ? undefined : Math.min(chunks.length, most) }))
  }
  response.end()
}

/** Each piece is a write of its own, and the next one waits until it is out. */
function writer(response: ServerResponse, size: number) {
  return async (text: string) => {
    const bytes = Buffer.from(text)
    for (let from = 0; from < bytes.length; from += size) {
      await new Promise<void>((sent) => {
        response.write(bytes.subarray(from, from + size), () => setImmediate(sent))
      })
    }
  }
}
