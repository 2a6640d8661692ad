import { Server } from 'node:net'
import type { Server as HttpServer } from 'node:http'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { ShutdownConfig } from '../config/shutdown.js'
import { pause } from '../event-store/timing.js'
import { Drain } from '../commands/drain.js'

/** A client may have sent a request on a connection that looks idle here: it hears of the end with its answer. */
const lingerMs = 500
const lookEveryMs = 20

/**
 * Ends what others have asked this process for, before anything is taken away that it needs for that. Nobody is cut
 * off who comes to an end in time; connections on which nothing is asked are ended last.
 */
export async function drainProcess(app: NestFastifyApplication, { delayMs, graceMs }: ShutdownConfig): Promise<void> {
  const drain = app.get(Drain)
  const server = app.getHttpServer()
  drain.announce()
  await pause(delayMs)
  acceptNoMore(server)
  drain.close()
  const closedAt = Date.now()
  const isOver = async () =>
    !drain.hasUnfinished && (Date.now() - closedAt >= lingerMs || (await connectionsOf(server)) === 0)
  while (Date.now() - closedAt < graceMs && !(await isOver())) await pause(lookEveryMs)
  server.closeAllConnections()
}

/** Not as HTTP servers close: that cuts every connection on which no request has arrived yet. */
function acceptNoMore(server: HttpServer): void {
  Server.prototype.close.call(server)
}

function connectionsOf(server: HttpServer): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)))
}
