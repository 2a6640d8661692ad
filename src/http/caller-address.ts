import type { IncomingMessage } from 'node:http'
import proxyAddr from '@fastify/proxy-addr'
import type { CompleteConfig } from '../config/index.js'

export type Trust = (address: string, hop: number) => boolean

/**
 * Which hops on the way of a request are our own proxies. Each proxy adds the address from which it got the request to
 * X-Forwarded-For; what stands before that was written by the caller, and nobody believes it.
 */
export function trustIn({ trustedProxies }: CompleteConfig['edge']): Trust {
  if (typeof trustedProxies === 'number') return (_, hop) => hop < trustedProxies
  return proxyAddr.compile(trustedProxies)
}

/** The caller's address. Behind a proxy that is not trusted, it is the proxy's. */
export const callerAddress = (request: IncomingMessage, trust: Trust): string => proxyAddr(request, trust)
