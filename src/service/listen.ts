import type { AddressInfo } from 'node:net'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { Config } from '../config/index.js'
import { StartupError } from './errors.js'

/** Accepts requests from now on. Returns the port, which the system has chosen when the configuration says 0. */
export async function listen(app: NestFastifyApplication, { host, port }: Config): Promise<number> {
  await app.init()
  const fastify = app.getHttpAdapter().getInstance()
  try {
    await fastify.listen({ host, port })
  } catch (error) {
    throw withAdvice(error as NodeJS.ErrnoException, host, port)
  }
  return (fastify.server.address() as AddressInfo).port
}

function withAdvice(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new StartupError(`PORT: ${port} on ${host} is taken by another program. Set PORT to a free port.`)
    case 'EACCES':
      return new StartupError(`PORT: this user may not listen on ${port}. Set PORT to a port above 1023.`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StartupError(`HOST: this machine has no address ${host}.`)
    default:
      return error
  }
}
