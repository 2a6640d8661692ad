import type { MultipartFile } from '@fastify/multipart'
import { applyDecorators } from '@nestjs/common'
import { RouteConfig } from '@nestjs/platform-fastify'
import { ApiBody, ApiConsumes, ApiResponse } from '@nestjs/swagger'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refused } from '../event-store/errors.js'
import { isForm } from './unread-bodies.js'
import { invalidFields } from './validation.js'

/** A file as it arrives. Reading its content fails when the form does not end as one file and nothing more. */
export interface Upload {
  readonly filename: string
  /** As the sender declares it. */
  readonly type: string
  readonly content: AsyncIterable<Uint8Array>
}

const field = 'file'
/** Of the slowest lines that are worth waiting for. */
const arrivesWithinMs = 600_000
/** What a form may have around its file. */
const formOverhead = 64 * 1024
/** The file's own size is counted as it is read. */
const limits = {
  fileSize: Infinity,
  fields: 20,
  fieldSize: formOverhead,
  parts: 30,
  headerPairs: 50,
  headerSize: 16 * 1024,
}

/** The handler takes one file, in the field `file` of a form, and reads it with `uploadOf`. */
export const TakesFile = () =>
  applyDecorators(
    RouteConfig({ takesFile: true }),
    ApiConsumes('multipart/form-data'),
    ApiBody({
      schema: { type: 'object', required: [field], properties: { [field]: { type: 'string', format: 'binary' } } },
    }),
    ApiResponse({ status: 413, description: 'The file is too large' }),
    ApiResponse({ status: 415, description: 'Files of this type are not taken' }),
  )

/** Forms are read where a handler takes a file, and nowhere else. */
export function refuseOtherForms(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async ({ headers, is404, routeOptions }) => {
    const { takesFile = is404 } = routeOptions.config as { takesFile?: boolean }
    if (isForm(headers['content-type']) && !takesFile)
      throw new Refused('unsupported_media_type', 'send the body as application/json')
  })
}

/** The one file of this request, of so many bytes at most. It is to be read once, and whole. */
export async function readUpload(request: FastifyRequest, most: number): Promise<Upload> {
  const { 'content-type': type, 'content-length': length } = request.headers
  if (!request.isMultipart())
    throw type ? new Refused('unsupported_media_type', 'send the file as multipart/form-data') : missing()
  if (Number(length) > most + formOverhead) throw tooLarge(most)
  const parts = filePartsOf(request)
  const { value: part } = await parts.next()
  if (!part) throw missing()
  // Browsers escape the quotes that would end a name.
  return { filename: part.filename.replaceAll('%22', '"'), type: part.mimetype, content: contentOf(part, parts, most) }
}

type Files = AsyncGenerator<MultipartFile, undefined>

async function* filePartsOf(request: FastifyRequest): Files {
  try {
    for await (const part of request.parts({ limits })) {
      if (part.type !== 'file') continue
      if (part.fieldname !== field) throw invalidFile('must be the name of the field with the file')
      // What a browser sends for a field in which nobody has chosen a file.
      if (part.filename) yield part
      else part.file.resume()
    }
  } catch (error) {
    throw toRefusal(error)
  }
}

async function* contentOf({ file }: MultipartFile, parts: Files, most: number): AsyncGenerator<Uint8Array> {
  const tooLate = setTimeout(
    () => file.destroy(new Refused('request_timeout', 'the file did not arrive in time')),
    arrivesWithinMs,
  )
  let size = 0
  try {
    for await (const bytes of file as AsyncIterable<Uint8Array>) {
      size += bytes.length
      if (size > most) throw tooLarge(most)
      yield bytes
    }
    if (size === 0) throw invalidFile('must not be empty')
    if (!(await parts.next()).done) throw invalidFile('must be one file, not several')
  } catch (error) {
    throw toRefusal(error)
  } finally {
    clearTimeout(tooLate)
  }
}

const missing = () => invalidFile('must be there, as one file in multipart/form-data')
const invalidFile = (message: string) => invalidFields([{ field, message }])

const tooLarge = (most: number) => new Refused('too_large', `the file is too large; ${most} bytes are the most`)

/** The parser has an error of its own for each way in which a form can be broken off. */
function toRefusal(error: unknown): Refused {
  if (error instanceof Refused) return error
  const message = `the form cannot be read to its end: ${error instanceof Error ? error.message : String(error)}`
  return new Refused('malformed', message, { errors: [{ field: 'body', message }] })
}
