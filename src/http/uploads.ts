import type { MultipartFile } from '@fastify/multipart'
import { applyDecorators } from '@nestjs/common'
import { RouteConfig } from '@nestjs/platform-fastify'
import { ApiBody, ApiConsumes, ApiResponse } from '@nestjs/swagger'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refused } from '../event-store/errors.js'
import { isForm } from './unread-bodies.js'
import { invalidFields } from './validation.js'

/** A file as it arrives. Reading its content fails if the form holds anything but this one file. */
export interface Upload {
  readonly filename: string
  /** The media type that the sender declares. */
  readonly type: string
  readonly content: AsyncIterable<Uint8Array>
}

const field = 'file'
/** Long enough for slow lines. */
const longestUploadMs = 600_000
/** So many bytes may stand around the file in its form. */
const formOverhead = 64 * 1024
/** The file's own size has no limit here: it is counted as it is read. */
const limits = {
  fileSize: Infinity,
  fields: 20,
  fieldSize: formOverhead,
  parts: 30,
  headerPairs: 50,
  headerSize: 16 * 1024,
}

/** For handlers that take one file, in the field `file` of a form, and read it with `readUpload`. */
export const TakesFile = () =>
  applyDecorators(
    RouteConfig({ takesFile: true }),
    ApiConsumes('multipart/form-data'),
    ApiBody({
      schema: {
        type: 'object',
        required: [field],
        properties: {
          [field]: { type: 'string', format: 'binary', description: 'The file: its name and type come with it' },
        },
      },
    }),
    ApiResponse({ status: 413, description: 'The file is too large' }),
    ApiResponse({ status: 415, description: 'Files of this type are not taken' }),
  )

/** Forms are refused except where a handler takes a file. */
export function refuseOtherForms(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async ({ method, headers, is404, routeOptions }) => {
    if (method === 'GET' || method === 'HEAD') return // the body is not read
    const { takesFile = is404 } = routeOptions.config as { takesFile?: boolean }
    if (isForm(headers['content-type']) && !takesFile)
      throw new Refused('unsupported_media_type', 'send the body as application/json')
  })
}

/** The one file of this request. Its content must be read once, to its end. */
export async function readUpload(request: FastifyRequest, maxBytes: number): Promise<Upload> {
  const { 'content-type': type, 'content-length': length } = request.headers
  if (!request.isMultipart())
    throw type ? new Refused('unsupported_media_type', 'send the file as multipart/form-data') : missing()
  if (Number(length) > maxBytes + formOverhead) throw tooLarge(maxBytes)
  const parts = filePartsOf(request)
  const { value: part } = await parts.next()
  if (!part) throw missing()
  // Browsers escape quotes, which would end the name.
  return {
    filename: part.filename.replaceAll('%22', '"'),
    type: part.mimetype,
    content: contentOf(part, parts, maxBytes),
  }
}

type Files = AsyncGenerator<MultipartFile, undefined>

async function* filePartsOf(request: FastifyRequest): Files {
  try {
    for await (const part of request.parts({ limits })) {
      if (part.type !== 'file') continue
      if (part.fieldname !== field) throw invalidFile('must be the name of the field with the file')
      // Without a name: a browser sends this for a field in which no file was chosen.
      if (part.filename) yield part
      else part.file.resume()
    }
  } catch (error) {
    throw toRefusal(error)
  }
}

async function* contentOf({ file }: MultipartFile, parts: Files, maxBytes: number): AsyncGenerator<Uint8Array> {
  const deadline = setTimeout(() => file.destroy(tooLate()), longestUploadMs)
  let size = 0
  try {
    for await (const bytes of file as AsyncIterable<Uint8Array>) {
      size += bytes.length
      if (size > maxBytes) throw tooLarge(maxBytes)
      yield bytes
    }
    if (size === 0) throw invalidFile('must not be empty')
    if (!(await parts.next()).done) throw invalidFile('must be one file, not several')
  } catch (error) {
    throw toRefusal(error)
  } finally {
    clearTimeout(deadline)
  }
}

const missing = () => invalidFile('is missing; send one file as multipart/form-data')
const invalidFile = (message: string) => invalidFields([{ field, message }])

const tooLarge = (maxBytes: number) => new Refused('too_large', `the file is larger than ${maxBytes} bytes`)
const tooLate = () => new Refused('request_timeout', 'the file did not arrive in time')

/** The parser has several errors for forms that are damaged or incomplete; all of them are the client's fault. */
function toRefusal(error: unknown): Refused {
  if (error instanceof Refused) return error
  const message = `the form is damaged or incomplete: ${error instanceof Error ? error.message : String(error)}`
  return new Refused('malformed', message, { errors: [{ field: 'body', message }] })
}
