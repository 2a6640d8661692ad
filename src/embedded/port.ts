import { createServer } from 'node:net'
import { EngineError, hasCode } from './engine-error.js'

/** Engines listen on this machine only. */
export const LOOPBACK = '127.0.0.1'

/**
 * Starts an engine on the wanted port, or on a free one. Another program may take a free port before the engine does;
 * then another port is tried.
 */
export async function startOnPort<T>(wanted: number | undefined, start: (port: number) => Promise<T>): Promise<T> {
  if (wanted) return start(wanted)
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort())
    } catch (error) {
      if (!hasCode(error, 'port_taken') || attempt === 5) throw error
    }
  }
}

export function portTaken(engine: string, port: number): EngineError {
  return new EngineError(
    'port_taken',
    `port ${port} for ${engine} is taken by another program: stop that one, or choose another port`,
  )
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, LOOPBACK, () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
