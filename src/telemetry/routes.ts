import type { FastifyReply, FastifyRequest } from 'fastify'

/** As written in the code; whatever leads nowhere is one. */
export const routeOf = ({ routeOptions }: FastifyRequest): string => routeOptions.url ?? 'unknown'

/** 499, as proxies have it: the caller went away before there was an answer. */
export const statusOf = ({ raw }: FastifyReply): number => (raw.headersSent ? raw.statusCode : 499)
