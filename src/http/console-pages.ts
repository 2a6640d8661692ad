import { readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Refused } from '../event-store/errors.js'
import { sendProblem } from './problem.filter.js'

/**
 * Scripts and styles of our own and nothing else; requests to this service and to no other; no eval, no inline script,
 * no HTML from a text: browsers with Trusted Types refuse it. Forms are sent by scripts.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
}

/**
 * The console: one page for all addresses under /console, and the files that it names. A file is named after its
 * content, so browsers keep it; the page is asked for each time. Nobody is identified here: all that the page shows, it
 * gets from the API, with the rights of its reader.
 */
export function serveConsole(fastify: FastifyInstance): void {
  const folder = consoleFolder()
  const page = async (request: FastifyRequest, reply: FastifyReply) => {
    const html = await readFile(join(folder, 'index.html')).catch(() => undefined)
    if (!html) return sendProblem(notBuilt(), request, reply)
    void reply.headers({ 'content-security-policy': contentSecurityPolicy, 'cache-control': 'no-cache' })
    return reply.type('text/html; charset=utf-8').send(html)
  }
  fastify.get('/console', page)
  fastify.get('/console/*', page)
  fastify.get<{ Params: { file: string } }>('/console/assets/:file', async (request, reply) => {
    const { file } = request.params
    const type = /^[\w-]+\.\w+$/.test(file) ? types[extname(file)] : undefined
    const compressed = /\bgzip\b/.test(String(request.headers['accept-encoding']))
    const path = join(folder, 'assets', compressed ? `${file}.gz` : file)
    const content = type && (await readFile(path).catch(() => undefined))
    if (!content) return sendProblem(noFile(file), request, reply)
    void reply.headers({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' })
    if (compressed) void reply.header('content-encoding', 'gzip')
    return reply.type(type).send(content)
  })
}

/** The nearest one above this module, which runs from dist, or from build. */
function consoleFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder))
    if (existsSync(join(folder, 'console/dist'))) return join(folder, 'console/dist')
  return 'console/dist' // and requests say what is missing
}

const noFile = (file: string) => new Refused('not_found', `the console has no file ${file}: load the page again`)

const notBuilt = () =>
  new Refused('not_found', 'the console is not built here: run npm run build, and start the service again')
