import { Server } from 'node:net'
import type { Server as HttpServer } from 'node:http'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { Config } from '../config/index.js'
import { pause } from '../event-store/timing.js'
import { Drain } from '../commands/drain.js'

/** A connection that looks idle may carry a request that has not arrived yet. It is still answered within this time. */
const requestOnItsWayMs = 500
const pollMs = 20

/**
 * Lets all requests and replies of other people end before anything stops that they need. Those that end within the
 * grace time are not cut off. Connections without a request are closed last.
 */
export async function drainProcess(
  app: NestFastifyApplication,
  { delayMs, graceMs }: Config['shutdown'],
): Promise<void> {
  const drain = app.get(Drain)
  const server = app.getHttpServer()
  drain.announce()
  await pause(delayMs)
  stopAccepting(server)
  drain.close()
  const closedAt = Date.now()
  const isOver = async () =>
    !drain.hasUnfinished && (Date.now() - closedAt >= requestOnItsWayMs || (await connectionsOf(server)) === 0)
  while (Date.now() - closedAt < graceMs && !(await isOver())) await pause(pollMs)
  server.closeAllConnections()
}

/** Closes as plain servers do. An HTTP server would also cut each connection whose request has not arrived yet. */
function stopAccepting(server: HttpServer): void {
  Server.prototype.close.call(server)
}

function connectionsOf(server: HttpServer): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)))
}
