import { subscribe } from 'node:diagnostics_channel'
import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

/**
 * Loaded into a process of the service before the service itself (node --import, --expose-gc). It tells the parent when
 * the event loop was held, and measures memory and descriptors when it is asked.
 */
const tickMs = 5
const worthTellingMs = 25

export interface Hold {
  /** How long the thread ran without a turn of the loop. What it waited for a processor does not count. */
  heldMs: number
  /** The same by the clock. */
  byClockMs: number
  /** What was under way. */
  requests: string[]
}

export interface Level {
  heapMiB: number
  descriptors: number
  connections: number
}

const underWay = new Set<IncomingMessage>()
let server: Server | undefined
let [tick, ran] = [performance.now(), processorMs()]

/** Of the main thread alone, from the kernel: on a busy machine the clock would count what others did. */
function processorMs(): number {
  return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ', 1)[0]) / 1e6
}

subscribe('http.server.request.start', (message) => {
  const seen = message as { request: IncomingMessage; response: ServerResponse; server: Server }
  server ??= seen.server
  underWay.add(seen.request)
  seen.response.once('close', () => underWay.delete(seen.request))
})

setInterval(() => {
  const [now, running] = [performance.now(), processorMs()]
  if (running - ran - tickMs > worthTellingMs) {
    // A request that was piped behind another one, and whose connection is gone, has no response that closes.
    for (const request of underWay) if (request.socket.destroyed) underWay.delete(request)
    const requests = [...underWay].map(({ method, url }) => `${method} ${url?.slice(0, 100)}`)
    process.send!({ hold: { heldMs: running - ran, byClockMs: now - tick, requests } satisfies Hold })
  }
  ;[tick, ran] = [now, running]
}, tickMs).unref()

/** Connections that wait for their next request are no leak: callers keep them for a minute. */
async function connectionsLeft(): Promise<number> {
  for (let tries = 0; ; tries++) {
    server?.closeIdleConnections()
    const count = await new Promise<number>((resolve) => server!.getConnections((_, number) => resolve(number)))
    if (count === 0 || tries > 150) return count
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

async function level(): Promise<Level> {
  const connections = await connectionsLeft()
  for (let times = 0; times < 2; times++) {
    globalThis.gc!()
    ;[tick, ran] = [performance.now(), processorMs()] // no request has held the loop: we have
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const heapMiB = Math.round(process.memoryUsage().heapUsed / 2 ** 20)
  return { heapMiB, descriptors: readdirSync('/proc/self/fd').length, connections }
}

process.on('message', () => void level().then((measured) => process.send!({ level: measured })))
process.channel?.unref()
